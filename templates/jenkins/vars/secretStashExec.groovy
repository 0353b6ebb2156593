/**
 * Runs one shell command with the variables of a SecretStash environment, masks its output, and deletes the key when it ends:
 *
 *   secretStashExec(environment: 'testing', applicationId: 'app_1234', command: './deploy.sh')
 *
 * apiToken and grantKey are ids of "Secret text" credentials. Nothing is put into a command line, because every process can list those.
 */
def call(Map config = [:]) {
    for (name in ['environment', 'command']) {
        if (!config[name]) {
            error("secretStashExec: ${name} is missing.")
        }
    }
    def credentials = [
        string(credentialsId: config.apiToken ?: 'secret-stash-api-token', variable: 'SECRET_STASH_API_TOKEN'),
        string(credentialsId: config.grantKey ?: 'secret-stash-grant-key', variable: 'SECRET_STASH_GRANT_KEY'),
    ]
    withCredentials(credentials) {
        withEnv([
            "SECRET_STASH_APPLICATION_ID=${literally(config.applicationId ?: '')}",
            "SECRET_STASH_ENVIRONMENT=${literally(config.environment)}",
            "SECRET_STASH_VARIABLES=${literally(config.variables ?: '*')}",
            "SS_BUNDLE=${literally(config.bundlePath ?: '/opt/secret-stash-ci')}",
            "SS_COMMAND=${literally(config.command)}",
        ]) {
            // Single quotes, so that Groovy interpolates nothing. Without set +x, Jenkins' shell would print the command first.
            sh '''#!/bin/sh
                set +x
                exec node "$SS_BUNDLE/index.js" exec -- sh -ec "$SS_COMMAND"
            '''
        }
    }
}

/** withEnv expands $NAME in its arguments (hudson.Util.replaceMacro), which would paste a pull request's title into a command. */
private String literally(Object text) {
    return text.toString().replace('$', '$$')
}
