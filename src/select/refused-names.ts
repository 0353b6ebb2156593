/** A row of the list: names, or patterns in which `*` is any text, separated by spaces, and why they are in it. */
export interface NameRow {
  names: string;
  reason: string;
}

// Names through which a value, which the service chooses, could run code in later steps, lead them elsewhere, or turn checks off. A name is
// refused if a row of `dangerousNames` matches it, unless a row of `harmless` does, or a row of `harmlessWhenNamed` does and the author of
// the workflow has written the name out. `npm run docs` writes docs/refused-names.md from this file.

// biome-ignore format: one row a line
export const dangerousNames: readonly NameRow[] = [
  // The CI systems and this action
  { names: "CI TF_BUILD", reason: "tools rely on it to know that they run in CI" },
  { names: "GITHUB_* RUNNER_* ACTIONS_* INPUT_* STATE_*", reason: "GitHub's runner and its actions read it: paths, addresses, inputs" },
  { names: "SECRET_STASH_*", reason: "this action's own settings" },
  { names: "GITLAB_CI GITLAB_USER_* GITLAB_HOST GITLAB_URI GITLAB_API_HOST GL_HOST CI_API_V4_URL CI_API_GRAPHQL_URL CI_BUILDS_DIR CI_COMMIT_* CI_CONFIG_PATH CI_DEBUG_* CI_DEFAULT_BRANCH CI_DEPENDENCY_PROXY_* CI_ENVIRONMENT_* CI_JOB_* CI_MERGE_REQUEST_* CI_PAGES_* CI_PIPELINE_* CI_PROJECT_* CI_REGISTRY CI_REGISTRY_IMAGE CI_REPOSITORY_URL CI_RUNNER_* CI_SERVER CI_SERVER_FQDN CI_SERVER_HOST CI_SERVER_PORT CI_SERVER_PROTOCOL CI_SERVER_SHELL_* CI_SERVER_TLS_* CI_SERVER_URL CI_TEMPLATE_REGISTRY_HOST", reason: "GitLab's scripts and glab take paths and the server for the job's token from it" },
  { names: "SYSTEM_ACCESSTOKEN SYSTEM_COLLECTION* SYSTEM_DEBUG SYSTEM_DEFINITION* SYSTEM_HOSTTYPE SYSTEM_JOB* SYSTEM_OIDCREQUESTURI SYSTEM_PLAN* SYSTEM_PULLREQUEST_* SYSTEM_SERVERTYPE SYSTEM_STAGE* SYSTEM_TASK* SYSTEM_TEAM* SYSTEM_*DIRECTORY AGENT_*DIRECTORY AGENT_CAINFO AGENT_CLIENTCERT* AGENT_JOBSTATUS AGENT_PROXY* AGENT_SKIPCERTVALIDATION AGENT_WORKFOLDER BUILD_*DIRECTORY BUILD_REASON BUILD_REPOSITORY_* BUILD_SOURCEBRANCH* BUILD_SOURCEVERSION* PIPELINE_WORKSPACE ENDPOINT_AUTH_* ENDPOINT_DATA_* ENDPOINT_URL_* SECUREFILE_* VSTS_*", reason: "Azure's tasks take folders and the server for the job's token from it" },
  { names: "CIRCLE_* BUILDKITE_* TEAMCITY_* BITBUCKET_CLONE_DIR BITBUCKET_REPO_* BITBUCKET_STEP_*", reason: "the CI system's own; its scripts and plugins take paths and addresses from it" },

  // Which program runs, and which libraries are loaded into it
  { names: "PATH PATHEXT COMSPEC SYSTEMROOT SYSTEMDRIVE WINDIR PROGRAMDATA PROGRAMFILES* PROGRAMW6432 COMMONPROGRAM* ALLUSERSPROFILE __COMPAT_LAYER WSLENV MSYS MSYS2_* MSYSTEM CYGWIN", reason: "decides which program runs for a name, or where it lies" },
  { names: "LD_* DYLD_* _RLD* LIBPATH SHLIB_PATH GLIBC_TUNABLES MALLOC_*", reason: "the loader and the C library load code from it, or trace programs to a file" },
  { names: "GCONV_PATH GETCONF_DIR LOCPATH NLSPATH TEXTDOMAIN TEXTDOMAINDIR TZDIR", reason: "the C library loads converters, locales and messages from it" },
  { names: "HOSTALIASES LOCALDOMAIN RES_OPTIONS RESOLV_* NIS_PATH", reason: "the C library looks up host names by it, so it can lead them elsewhere" },
  { names: "ASAN_* LSAN_* MSAN_* TSAN_* UBSAN_* GCOV_PREFIX* LLVM_PROFILE_FILE VALGRIND_LIB VALGRIND_OPTS", reason: "sanitizers and profilers run programs and write files by it" },
  { names: "GTK_MODULES GTK_PATH GTK_EXE_PREFIX GIO_MODULE_DIR GIO_EXTRA_MODULES GST_PLUGIN_* GDK_PIXBUF_MODULE* QT_PLUGIN_PATH QT_QPA_* QML_IMPORT_PATH QML2_IMPORT_PATH LIBGL_DRIVERS_PATH LIBVA_DRIVERS_PATH VK_DRIVER_FILES VK_ICD_FILENAMES VK_*LAYER_PATH OCL_ICD_* KRB5_CONFIG SASL_PATH SASL_CONF_PATH P11_KIT_* ALSA_CONFIG_*", reason: "libraries load plug-ins from it" },
  { names: "DBUS_*_BUS_ADDRESS", reason: "D-Bus clients run a program from it (unixexec:)" },

  // Shells and terminals
  { names: "BASH_* BASHOPTS SHELLOPTS ENV IFS CDPATH EXECIGNORE GLOBIGNORE POSIXLY_CORRECT PROMPT_COMMAND PS0 PS1 PS2 PS3 PS4", reason: "shells run commands from it, or split and find commands by it" },
  { names: "SHELL ZDOTDIR FPATH NULLCMD READNULLCMD KSH_ENV HISTFILE INPUTRC", reason: "names the shell, or the files that zsh and others run or write" },
  { names: "PSMODULE* __PSLOCKDOWNPOLICY", reason: "PowerShell loads modules from it, or lowers its restrictions" },
  { names: "HOME HOMEDRIVE HOMEPATH USERPROFILE APPDATA LOCALAPPDATA XDG_*", reason: "nearly every program reads its configuration, and so commands, from there" },
  { names: "TMPDIR TMP TEMP TEMPDIR", reason: "programs create, and later run or trust, temporary files there" },
  { names: "TERMINFO TERMINFO_DIRS TERMCAP TERMPATH SCREENRC SYSSCREENRC", reason: "terminal programs read files and commands from it" },
  { names: "EDITOR VISUAL FCEDIT *_EDITOR HGEDITOR BROWSER GH_BROWSER PAGER *_PAGER MANPAGER MANOPT MANROFFOPT *_ASKPASS", reason: "programs run it as a command" },
  { names: "LESS LESSOPEN LESSCLOSE LESSEDIT LESSKEY* LESSHISTFILE MORE BAT_CONFIG_* BAT_OPTS", reason: "pagers run commands from it" },
  { names: "VIMINIT GVIMINIT EXINIT VIMRUNTIME MYVIMRC NVIM_* EMACSLOADPATH EMACSDATA EMACSPATH EMACSDOC", reason: "editors run commands from it, or load scripts from there" },
  { names: "TAR_OPTIONS ZIPOPT ZIP UNZIP UNZIPOPT PARALLEL PARALLEL_SHELL GREP_OPTIONS RIPGREP_CONFIG_PATH FZF_DEFAULT_* AWKPATH AWKLIBPATH MAILCAPS MAGIC MAGICK_* GS_LIB GS_OPTIONS TEXINPUTS TEXMF* SHELL_ESCAPE OPENOUT_ANY", reason: "tar, zip, parallel, rg, awk, ImageMagick, TeX and others take options or code from it" },
  { names: "DIRENV_* ASDF_* MISE_* PROTO_HOME SDKMAN_* *ENV_ROOT RBENV_* PYENV_* NODENV_* JENV_* VOLTA_* FNM_* NVM_* N_PREFIX N_NODE_MIRROR RVM_*", reason: "version managers download or run tools by it" },
  { names: "CLAUDE_CONFIG_DIR CODEX_HOME", reason: "coding agents run hooks and tools from there" },

  // Connections: certificates, proxies, remote commands
  { names: "SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS HTTPLIB2_CA_CERTS HTTPS_CA_FILE HTTPS_CA_DIR GRPC_DEFAULT_SSL_ROOTS_FILE_PATH CTLOG_FILE", reason: "decides whose certificates are trusted" },
  { names: "OPENSSL OPENSSL_CONF OPENSSL_CONF_INCLUDE OPENSSL_CONFIG OPENSSL_ENGINES OPENSSL_MODULES OPENSSL_TRACE CURL_SSL_BACKEND", reason: "OpenSSL loads modules from it" },
  { names: "SSLKEYLOGFILE", reason: "TLS libraries write the keys of every connection to this file" },
  { names: "HTTP_PROXY HTTPS_PROXY ALL_PROXY FTP_PROXY NO_PROXY SOCKS_PROXY SOCKS_SERVER RSYNC_PROXY GLOBAL_AGENT_*", reason: "sends connections, and what they carry, through another server" },
  { names: "CURL_HOME WGETRC SYSTEM_WGETRC WGET2_* WGET2RC NETRC HTTPIE_CONFIG_DIR", reason: "curl, wget and others read options and credentials from there" },
  { names: "SSH_AUTH_SOCK SSH_AGENT_PID SSH_ASKPASS_REQUIRE SSH_SK_PROVIDER SSH_SK_HELPER SSH_PKCS11_HELPER AUTOSSH_PATH RSYNC_RSH RSYNC_CONNECT_PROG SVN_SSH CVS_RSH CVSROOT HG HGRCPATH HGMERGE RSH", reason: "ssh, rsync, svn and hg run programs or load libraries from it" },
  { names: "GIT_*", reason: "git runs commands, reads configuration and skips checks by it" },
  { names: "GH_HOST GH_REPO GH_PATH GH_CONFIG_DIR GH_DEBUG", reason: "gh sends tokens to this host, or runs programs and prints tokens" },
  { names: "GNUPGHOME GPG_AGENT_INFO PINENTRY_USER_DATA PASSWORD_STORE_* SIGSTORE_* TUF_ROOT TUF_MIRROR COSIGN_REPOSITORY", reason: "decides which keys sign, and which signatures are trusted" },
  { names: "*_PASSWORD_COMMAND *_PASSCOMMAND SOPS_*_CMD SOPS_GPG_EXEC AIRFLOW__*_CMD AIRFLOW_HOME AIRFLOW_CONFIG BORG_RSH BORG_REMOTE_PATH RCLONE_CONFIG RCLONE_*COMMAND RCLONE_*SSH RCLONE_METADATA_MAPPER RCLONE_NO_CHECK_CERTIFICATE RCLONE_CA_CERT", reason: "sops, restic, borg, rclone and Airflow run it as a command, or trust others by it" },

  // JavaScript
  { names: "NODE_OPTIONS NODE_PATH NODE_REPL_* NODE_COMPILE_CACHE* NODE_CONFIG_DIR NODE_ICU_DATA NODE_PRESERVE_SYMLINKS* NODE_GYP_* TS_NODE_* NYC_CONFIG* NAPI_RS_* TSX_TSCONFIG_PATH", reason: "Node runs code from it (--import), or loads modules from there" },
  { names: "NODE_TLS_REJECT_UNAUTHORIZED NODE_USE_ENV_PROXY NODE_USE_SYSTEM_CA NODE_NO_WARNINGS NODE_TEST_CONTEXT NODE_CHANNEL_FD NODE_UNIQUE_ID", reason: "Node skips certificate checks or tests by it, or takes orders from another process" },
  { names: "NODE_V8_COVERAGE NODE_REDIRECT_WARNINGS NODE_DEBUG NODE_DEBUG_NATIVE", reason: "Node writes files where it says, or prints what it sends" },
  { names: "NPM_CONFIG_* NPM_EXECPATH NPM_NODE_EXECPATH NPM_PACKAGE_CONFIG_* COREPACK_* NODEJS_ORG_MIRROR", reason: "npm runs programs and picks its registry by it (script-shell, node-options)" },
  { names: "YARN_* PNPM_* BUN_* DENO_*", reason: "the package manager or runtime loads code and picks its registry by it" },
  { names: "ELECTRON_* ESBUILD_BINARY_PATH SWC_BINARY_PATH SASS_BINARY_* SASS_PATH TURBO_API TURBO_BINARY_PATH NX_CLOUD_API NX_NATIVE_* NX_SELF_HOSTED_REMOTE_CACHE_SERVER NX_TASKS_RUNNER PRISMA_*_BINARY PRISMA_*_LIBRARY PRISMA_*_MIRROR PRISMA_ENGINES_* SENTRYCLI_*CDNURL SHARP_*", reason: "build tools run this program, or download programs and results from there" },
  { names: "PLAYWRIGHT_*_PATH PLAYWRIGHT_*DOWNLOAD_HOST PW_TEST_* PUPPETEER_*PATH PUPPETEER_*DOWNLOAD* PUPPETEER_CACHE_DIR PUPPETEER_TMP_DIR CYPRESS_RUN_BINARY CYPRESS_INSTALL_BINARY CYPRESS_DOWNLOAD_* CYPRESS_CACHE_FOLDER CHROME_PATH CHROME_BIN CHROME_DEVEL_SANDBOX CHROMIUM_BIN CHROMEDRIVER_* FIREFOX_BIN EDGE_BIN GECKODRIVER_* SE_MANAGER_PATH SE_BROWSER_PATH SE_CACHE_PATH SE_*_MIRROR_URL SE_PROXY", reason: "browser tests run this program, or download browsers from there" },

  // Python
  { names: "PYTHON*", reason: "Python loads modules from it, or runs it (PYTHON of node-gyp)" },
  { names: "PIP_* PIPENV_* PIPX_* UV UV_* POETRY_* PDM_* HATCH_* FLIT_* TWINE_* MATURIN_REPOSITORY* CONDA* MAMBA_* VIRTUALENV_* VIRTUAL_ENV", reason: "picks where Python packages come from or go to, and which Python runs" },
  { names: "PYTEST_* COVERAGE_* TOX_* NOX_* MYPYPATH PYLINTRC PYLINTHOME MPLBACKEND MPLCONFIGDIR MATPLOTLIBRC IPYTHONDIR JUPYTER_*PATH JUPYTER_*DIR GUNICORN_CMD_ARGS UWSGI_* HF_ENDPOINT NLTK_DATA", reason: "test tools and servers load modules, settings or models from it" },

  // Ruby, PHP, Perl and other scripting languages
  { names: "RUBYOPT RUBYLIB RUBYPATH RUBYSHELL RUBY_DEBUG_* RUBYGEMS_GEMDEPS RUBYGEMS_HOST GEM_* GEMRC IRBRC PRYRC SPEC_OPTS RAKEOPT TESTOPTS RUBOCOP_OPTS THOR_* BOOTSNAP_CACHE_DIR CP_HOME_DIR CP_REPOS_DIR", reason: "Ruby and its tools load code from it, or take options (-r)" },
  { names: "BUNDLER_* BUNDLE_ALLOW_* BUNDLE_APP_CONFIG BUNDLE_BIN* BUNDLE_BUILD__* BUNDLE_BUNDLE* BUNDLE_CACHE_* BUNDLE_CONFIG BUNDLE_CREDENTIAL* BUNDLE_DISABLE_* BUNDLE_FROZEN BUNDLE_GEMFILE BUNDLE_GLOBAL_* BUNDLE_LOCAL__* BUNDLE_MIRROR__* BUNDLE_PATH* BUNDLE_PLUGINS BUNDLE_REDIRECT BUNDLE_SHEBANG BUNDLE_SSL_* BUNDLE_SYSTEM_BINDIR BUNDLE_TRUST* BUNDLE_USER_*", reason: "Bundler picks gems, mirrors and build options by it" },
  { names: "PHPRC PHP_INI_SCAN_DIR PHP_BINARY PHP_PEAR_* XDEBUG_* COMPOSER COMPOSER_* APP_CONFIG_CACHE APP_EVENTS_CACHE APP_PACKAGES_CACHE APP_ROUTES_CACHE APP_SERVICES_CACHE", reason: "PHP, Composer and Laravel run code from it, or let a debugger in" },
  { names: "PERL PERL5* PERLLIB PERLIO* PERL_* HARNESS_PERL* HARNESS_SUBCLASS HARNESS_OPTIONS", reason: "Perl runs code from it (-M), or loads modules from there" },
  { names: "LUA_INIT* LUA_PATH* LUA_CPATH* LUAROCKS_* JULIA_* R_PROFILE* R_ENVIRON* R_LIBS* R_HOME R_DEFAULT_PACKAGES R_MAKEVARS_* RENV_* TCLLIBPATH TCL_LIBRARY TK_LIBRARY GUILE_* ERL_* ELIXIR_ERL_OPTIONS MIX_HOME MIX_ARCHIVES MIX_EXS MIX_PATH MIX_*_PATH MIX_INSTALL_DIR MIX_REBAR* HEX_* REBAR_*", reason: "Lua, Julia, R, Tcl, Guile and Erlang run code from it, or load it from there" },

  // The JVM and .NET
  { names: "JAVA_* _JAVA_* JDK_* JRE_HOME JAVACMD CLASSPATH IBM_JAVA_OPTIONS OPENJ9_* LOG4J_* CATALINA_OPTS CATALINA_HOME CATALINA_BASE HADOOP_OPTS HADOOP_CLASSPATH HADOOP_HOME SPARK_SUBMIT_OPTS SPARK_HOME PYSPARK_*", reason: "the JVM loads agents and classes from it (-javaagent)" },
  { names: "MAVEN_OPTS MAVEN_ARGS MAVEN_CONFIG MAVEN_HOME MAVEN_BASEDIR MAVEN_PROJECTBASEDIR MAVEN_DEBUG_* MAVEN_SKIP_RC M2 M2_HOME MVNW_* MVND_* SONAR_SCANNER_* SONAR_HOST_URL", reason: "Maven and the Sonar scanner run code from it, or download it from there" },
  { names: "GRADLE_OPTS GRADLE_HOME GRADLE_USER_HOME GRADLE_RO_DEP_CACHE GRADLE_PLUGIN_REPOSITORY_* GRADLE_BUILD_ACTION_* DEVELOCITY_*", reason: "Gradle takes JVM options, init scripts and plug-in repositories from it" },
  { names: "SBT_OPTS SBT_HOME SBT_LAUNCH* ANT_OPTS ANT_ARGS ANT_HOME KOTLIN_HOME SCALA_HOME JVM_OPTS LEIN_*JVM_OPTS LEIN_HOME LEIN_JAR LEIN_JAVA_CMD CLJ_CONFIG CLJ_JVM_OPTS COURSIER_* BAZELISK_* USE_BAZEL_VERSION ANDROID_HOME ANDROID_SDK_ROOT ANDROID_NDK* ANDROID_USER_HOME FLUTTER_ROOT FLUTTER_STORAGE_BASE_URL PUB_CACHE PUB_HOSTED_URL DART_VM_OPTIONS FLYWAY_JAR_DIRS FLYWAY_CONFIG_FILES LIQUIBASE_CLASSPATH LIQUIBASE_HOME", reason: "build tools take JVM options from it, or download code from there" },
  { names: "SPRING_CONFIG_* SPRING_APPLICATION_JSON SPRING_CLOUD_BOOTSTRAP_* LOGGING_CONFIG LOADER_PATH LOADER_MAIN LOADER_HOME LOADER_CONFIG_*", reason: "Spring loads configuration or classes from it, also from a URL" },
  { names: "DOTNET_* COMPLUS_* COR_* CORECLR_* ASPNETCORE_HOSTINGSTARTUP*", reason: ".NET loads profilers, hooks and libraries from it" },
  { names: "NUGET_* MSBUILD* PREBUILDEVENT POSTBUILDEVENT PRELINKEVENT CUSTOMBEFORE* CUSTOMAFTER* DIRECTORYBUILD* DIRECTORYPACKAGES* DIRECTORYSOLUTION* CSCTOOL* VBCTOOL* FSCTOOL* RESTORESOURCES RESTOREADDITIONAL* RESTORECONFIGFILE RESTOREPACKAGESPATH RUNSETTINGSFILEPATH VSTEST*", reason: "MSBuild takes it as a property: commands, imported files, package sources" },

  // Compiled languages
  { names: "MAKE MAKEFLAGS GNUMAKEFLAGS MFLAGS MAKEFILES MAKEOVERRIDES MAKESHELL CONFIG_SITE CONFIG_SHELL CMAKE_* CTEST_* ACLOCAL ACLOCAL_PATH AUTOCONF AUTOHEADER AUTOM4TE AUTOMAKE AUTORECONF M4 PKG_CONFIG* BISON_PKGDATADIR", reason: "make, configure and CMake run code or tools from it" },
  { names: "CC CXX CPP FC F77 LD AR AS NM RANLIB STRIP OBJCOPY OBJDUMP READELF HOSTCC HOSTCXX *CFLAGS *CXXFLAGS *CPPFLAGS *LDFLAGS CFLAGS_* CXXFLAGS_* LDFLAGS_* FFLAGS ARFLAGS ASFLAGS LDLIBS LIBS TARGET_CC TARGET_CXX TARGET_AR HOST_CC HOST_CXX HOST_AR CC_*_LINUX_* CC_*_APPLE_* CC_*_WINDOWS_* CXX_*_LINUX_* CXX_*_APPLE_* CXX_*_WINDOWS_* AR_*_LINUX_* AR_*_APPLE_* AR_*_WINDOWS_*", reason: "builds run it as the compiler, or take options from it that load plug-ins" },
  { names: "CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH OBJC_INCLUDE_PATH LIBRARY_PATH COMPILER_PATH GCC_EXEC_PREFIX COLLECT_* DEPENDENCIES_OUTPUT SUNPRO_DEPENDENCIES CCC_OVERRIDE_OPTIONS CL _CL_ LINK _LINK_ INCLUDE LIB VS*COMNTOOLS VCINSTALLDIR VSINSTALLDIR SDKROOT DEVELOPER_DIR TOOLCHAINS XCODE_XCCONFIG_FILE SWIFT_EXEC", reason: "compilers load programs, headers and libraries from it, or take options" },
  { names: "CCACHE_* SCCACHE_* DISTCC_* ICECC* VCPKG_* X_VCPKG_* CONAN_* EM_CONFIG EM_CACHE EM_COMPILER_WRAPPER EMCC_* EMSDK* PROTOC PROTOC_INCLUDE LLVM_CONFIG* LIBCLANG_PATH CLANG_PATH BINDGEN_EXTRA_CLANG_ARGS* PG_CONFIG MYSQL_CONFIG", reason: "builds run this program, or take compiled code from there" },
  { names: "RUSTC RUSTC_* RUSTFLAGS RUSTDOC* RUSTFMT RUSTUP_* RUST_TARGET_PATH CARGO CARGO_* __CARGO_* MIRI* CROSS_CONFIG CROSS_CONTAINER_* CROSS_TARGET_* PYO3_PYTHON PYO3_CONFIG_FILE", reason: "Cargo and rustc run programs and pick registries by it" },
  { names: "GOFLAGS GOPROXY GOPRIVATE GONOPROXY GONOSUMDB GONOSUMCHECK GOSUMDB GOINSECURE GOENV GOENV_* GOTOOLCHAIN GOROOT GOPATH GOBIN GOCACHE GOCACHEPROG GOMODCACHE GOAUTH GOVCS GOWORK GOTOOLDIR GOTMPDIR GODEBUG GOEXPERIMENT GOCOVERDIR GO111MODULE GO_EXTLINK_ENABLED GCCGO* CGO_*", reason: "go runs programs by it (-toolexec), picks its sources or skips checks" },
  { names: "GHC_* GHCRTS GHCUP_* CABAL_DIR CABAL_CONFIG STACK_ROOT STACK_YAML OCAMLPARAM OCAMLRUNPARAM CAML_LD_LIBRARY_PATH OPAM* ZIG_* NIMBLE_DIR", reason: "Haskell, OCaml and Zig load code and options from it" },

  // System packages
  { names: "APT_CONFIG DPKG_* HOMEBREW_* NIX_* NIXPKGS_* CHOCOLATEYINSTALL SCOOP SCOOP_GLOBAL", reason: "package managers run hooks and pick sources by it" },

  // Containers, clusters, clouds, infrastructure
  { names: "DOCKER_HOST DOCKER_CONTEXT DOCKER_CONFIG DOCKER_CERT_PATH DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CONTENT_TRUST* DOCKER_CUSTOM_HEADERS DOCKER_CLI_* DOCKER_AUTH_CONFIG DOCKER_TMPDIR BUILDKIT_* BUILDX_* COMPOSE_FILE COMPOSE_ENV_FILES CONTAINER_HOST CONTAINER_CONNECTION CONTAINER_SSHKEY CONTAINERS_* CONTAINERD_* REGISTRY_AUTH_FILE NERDCTL_*", reason: "Docker and Podman take their daemon, credential helpers and checks from it" },
  { names: "KUBECONFIG KUBE_CONFIG_PATH* KUBECTL_* KUBERNETES_SERVICE_* KUBERNETES_MASTER KREW_ROOT KUSTOMIZE_* SKAFFOLD_* ARGOCD_OPTS HELM_BIN HELM_*_HOME HELM_DRIVER* HELM_KUBE* HELM_PLUGINS HELM_REGISTRY_CONFIG HELM_REPOSITORY_CACHE HELM_REPOSITORY_CONFIG HELM_DIFF_* HELM_SECRETS_* HELMFILE_*", reason: "kubectl and Helm run programs by it, and pick the cluster and its token" },
  { names: "TF_CLI_* TF_DATA_DIR TF_PLUGIN_* TF_REATTACH_PROVIDERS TF_REGISTRY_* TF_LOG* TF_CLOUD_* TF_HTTP_* TF_WORKSPACE TERRAFORM_CONFIG TERRAGRUNT_* TG_TF_PATH TG_*_CMD TG_DOWNLOAD_DIR TFENV_* TOFUENV_* TENV_* TFLINT_* PACKER_PLUGIN_* PACKER_CONFIG* PULUMI_HOME PULUMI_PYTHON_CMD PULUMI_BACKEND_URL PULUMI_API PULUMI_DEBUG_* VAGRANT_HOME VAGRANT_CWD VAGRANT_VAGRANTFILE", reason: "infrastructure tools load providers and plug-ins from it, or log secrets" },
  { names: "ANSIBLE_*", reason: "Ansible loads plug-ins from it and runs programs (vault password files)" },
  { names: "AWS_ENDPOINT_URL AWS_ENDPOINT_URL_* AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_CA_BUNDLE AWS_DATA_PATH AWS_CONTAINER_* AWS_EC2_METADATA_SERVICE_* AWS_WEB_IDENTITY_TOKEN_FILE AWS_LAMBDA_EXEC_WRAPPER BOTO_CONFIG BOTO_PATH", reason: "AWS tools run programs by it, or send requests and tokens elsewhere" },
  { names: "CLOUDSDK_* GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES GOOGLE_API_CERTIFICATE_CONFIG GOOGLE_API_USE_* GOOGLE_CLOUD_UNIVERSE_DOMAIN GCE_METADATA_*", reason: "Google's tools run programs by it, or send tokens elsewhere" },
  { names: "AZURE_CONFIG_DIR AZURE_EXTENSION_* AZURE_CLI_* AZURE_AUTHORITY_HOST AZURE_POD_IDENTITY_AUTHORITY_HOST AZURE_FEDERATED_TOKEN_FILE IDENTITY_ENDPOINT MSI_ENDPOINT IMDS_ENDPOINT ARM_METADATA_HOST* ARM_MSI_ENDPOINT ARM_OIDC_REQUEST_*", reason: "Azure's tools load extensions from it, or send tokens elsewhere" },
  { names: "VAULT_ADDR VAULT_AGENT_ADDR VAULT_CACERT* VAULT_CAPATH VAULT_HTTP_PROXY VAULT_PROXY_ADDR VAULT_TLS_SERVER_NAME *_SKIP_VERIFY CONSUL_HTTP_ADDR CONSUL_HTTP_SSL* CONSUL_CACERT NOMAD_ADDR NOMAD_CACERT", reason: "Vault, Consul and Nomad send tokens there, or skip certificate checks" },
  { names: "PSQLRC PGSERVICEFILE PGSYSCONFDIR MYSQL_HOME MYSQL_GROUP_SUFFIX MYSQL_TEST_LOGIN_FILE LIBMYSQL_* MARIADB_PLUGIN_DIR ODBCINI ODBCSYSINI ODBCINST* TNS_ADMIN ORACLE_HOME FREETDS FREETDSCONF REDISCLI_RCFILE DBT_PROFILES_DIR DBT_PROJECT_DIR", reason: "database clients run commands or load drivers from it" },
];

/** Mere credentials and settings inside the families above: no value of them can run code or redirect anything. */
// biome-ignore format: one row a line
export const harmless: readonly NameRow[] = [
  { names: "LD_SDK_KEY LD_CLIENT_SIDE_ID LD_API_KEY LD_MOBILE_KEY", reason: "LaunchDarkly's; the loader has no such names" },
  { names: "TEAMCITY_TOKEN COVERAGE_TOKEN ELECTRON_TOKEN HATCH_API_KEY GITHUB_PAT GITHUB_CLIENT_REDIRECT GITHUB_REDIRECT_URI GITHUB_CALLBACK_URL GITHUB_APP_CLIENT_ID GIT_HOST GIT_ORG GIT_REPOSITORY GIT_PROVIDER GIT_REMOTE GIT_ACCESS_KEY BITBUCKET_REPO_SLUG", reason: "a user's own; the tool does not read it" },
  { names: "CARGO_TERM_COLOR ANSIBLE_FORCE_COLOR BUILDKIT_PROGRESS NODE_NO_WARNINGS PUPPETEER_SKIP_DOWNLOAD LOG4J_FORMAT_MSG_NO_LOOKUPS", reason: "a switch that runs and redirects nothing" },
  { names: "GITHUB_APP_ID GITHUB_APP_NAME GITHUB_APP_SECRET GITHUB_APP_PRIVATE_KEY GITHUB_CLIENT_ID GITHUB_CLIENT_SECRET GITHUB_ID GITHUB_SECRET GITHUB_WEBHOOK_SECRET GITHUB_OAUTH_CLIENT_* GITHUB_AUTO_*", reason: "an application's login with GitHub; the runner has no such variables" },
  { names: "CIRCLE_TOKEN CIRCLE_*_TOKEN BUILDKITE_*_TOKEN BITBUCKET_REPO_ACCESS_TOKEN", reason: "a credential for the CI system" },
  { names: "MALLOC_ARENA_MAX UV_THREADPOOL_SIZE", reason: "a number" },
  { names: "GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_COMMITTER_DATE", reason: "who made a commit" },
  { names: "GIT_TOKEN GIT_*_TOKEN GIT_TOKEN_* GIT_PAT GIT_PASSWORD GIT_*_PASSWORD GIT_SECRET GIT_*_SECRET GIT_AUTHORIZATION GIT_CREDENTIALS GIT_USER GIT_USERNAME GIT_NAME GIT_EMAIL GIT_USER_NAME GIT_USER_EMAIL GIT_SSH_KEY GIT_SSH_PRIVATE_KEY GIT_PRIVATE_KEY GIT_DEPLOY_KEY GIT_API_KEY GIT_CRYPT_KEY GIT_SIGNING_KEY GIT_SSH_KNOWN_HOSTS GIT_COMMIT GIT_COMMIT_SHA GIT_SHA GIT_BRANCH GIT_TAG GIT_URL GIT_REPO", reason: "a user's own; git does not read it" },
  { names: "SIGSTORE_ID_TOKEN", reason: "a credential" },
  { names: "NPM_CONFIG__AUTH NPM_CONFIG__AUTHTOKEN NPM_CONFIG__PASSWORD NPM_CONFIG_USERNAME NPM_CONFIG_EMAIL NPM_CONFIG_OTP COREPACK_NPM_TOKEN COREPACK_NPM_USERNAME COREPACK_NPM_PASSWORD", reason: "a credential for a registry that is set elsewhere" },
  { names: "YARN_NPM_AUTH_* YARN_*TOKEN PNPM_*TOKEN BUN_*TOKEN DENO_*_TOKEN DENO_AUTH_TOKENS", reason: "a credential" },
  { names: "PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE PYTHONFAULTHANDLER PYTHONHASHSEED PYTHONIOENCODING PYTHONUTF8 PYTHON_VERSION PYTHON_ENV PYTHON_*_TOKEN PYTHON_*_KEY PYTHON_*_PASSWORD PYTHON_*_SECRET", reason: "a switch or a user's own; Python runs nothing from it" },
  { names: "PIP_USERNAME PIP_PASSWORD PIP_TOKEN PIP_CREDENTIALS PIP_*_USERNAME PIP_*_PASSWORD PIP_*_TOKEN", reason: "a user's own; pip has no such options" },
  { names: "UV_PUBLISH_TOKEN UV_PUBLISH_USERNAME UV_PUBLISH_PASSWORD UV_INDEX_*_USERNAME UV_INDEX_*_PASSWORD POETRY_PYPI_TOKEN_* POETRY_HTTP_BASIC_*_USERNAME POETRY_HTTP_BASIC_*_PASSWORD PDM_PUBLISH_USERNAME PDM_PUBLISH_PASSWORD HATCH_INDEX_USER HATCH_INDEX_AUTH FLIT_USERNAME FLIT_PASSWORD TWINE_USERNAME TWINE_PASSWORD CONDA_*TOKEN", reason: "a credential for an index that is set elsewhere" },
  { names: "GEM_HOST_API_KEY* GEM_*_TOKEN GEM_*_PASSWORD LUAROCKS_API_KEY HEX_API_KEY HEX_REPOS_KEY HEX_ORGANIZATION", reason: "a credential" },
  { names: "COMPOSER_TOKEN COMPOSER_*_TOKEN COMPOSER_USERNAME COMPOSER_PASSWORD COMPOSER_*_USERNAME COMPOSER_*_PASSWORD", reason: "a user's own; Composer does not read it" },
  { names: "JAVA_*_PASSWORD JDK_*_PASSWORD MVNW_USERNAME MVNW_PASSWORD COURSIER_CREDENTIALS BAZELISK_GITHUB_TOKEN DEVELOCITY_ACCESS_KEY DEVELOCITY_*_PASSWORD DEVELOCITY_*_USERNAME GRADLE_PLUGIN_REPOSITORY_USERNAME GRADLE_PLUGIN_REPOSITORY_PASSWORD", reason: "a credential" },
  { names: "DOTNET_ENVIRONMENT DOTNET_VERSION DOTNET_NOLOGO DOTNET_CLI_TELEMETRY_OPTOUT DOTNET_*TOKEN DOTNET_*PASSWORD DOTNET_*API_KEY DOTNET_*SECRET", reason: "a switch, or a credential that .NET itself does not read" },
  { names: "NUGET_*KEY NUGET_*TOKEN NUGET_*PASSWORD NUGET_*SECRET NUGET_USER NUGET_USERNAME NUGET_*_USERNAME NUGET_*_USER", reason: "a user's own; NuGet does not read it" },
  { names: "CARGO_TOKEN CARGO_*_TOKEN CONAN_PASSWORD* CONAN_LOGIN_USERNAME* SCCACHE_*_PASSWORD SCCACHE_*_USERNAME SCCACHE_*_TOKEN VCPKG_*_TOKEN", reason: "a credential for a registry or cache that is set elsewhere" },
  { names: "HOMEBREW_*_TOKEN HOMEBREW_GITHUB_PACKAGES_USER HOMEBREW_TAP_DEPLOY_KEY NIX_*_TOKEN MISE_GITHUB_TOKEN", reason: "a credential" },
  { names: "DOCKER_CONTENT_TRUST_*_PASSPHRASE HELM_KUBETOKEN TF_HTTP_USERNAME TF_HTTP_PASSWORD", reason: "a credential for what is set elsewhere" },
  { names: "ANSIBLE_USER ANSIBLE_HOST ANSIBLE_PASS ANSIBLE_PASSWORD ANSIBLE_*_PASS ANSIBLE_*_PASSWORD ANSIBLE_TOKEN ANSIBLE_*_TOKEN ANSIBLE_*_API_KEY ANSIBLE_SSH_KEY ANSIBLE_PRIVATE_KEY ANSIBLE_SSH_PRIVATE_KEY ANSIBLE_SSH_PUBLIC_KEY", reason: "a credential; Ansible runs only files (..._FILE) and plug-ins" },
  { names: "CLOUDSDK_CORE_PROJECT CLOUDSDK_COMPUTE_REGION CLOUDSDK_COMPUTE_ZONE CLOUDSDK_RUN_REGION CLOUDSDK_AUTH_ACCESS_TOKEN", reason: "names a project or place, or is a credential" },
];

/** Credentials in practice whose values can redirect something: they pass if the author of the workflow has written the name out. */
// biome-ignore format: one row a line
export const harmlessWhenNamed: readonly NameRow[] = [
  { names: "TF_WORKSPACE TF_CLOUD_ORGANIZATION TF_CLOUD_PROJECT TF_CLOUD_HOSTNAME", reason: "which of Terraform's workspaces and servers" },
  { names: "HTTP_PROXY HTTPS_PROXY ALL_PROXY FTP_PROXY NO_PROXY", reason: "a proxy's address, often with its password" },
  { names: "NPM_CONFIG_REGISTRY YARN_REGISTRY YARN_NPM_REGISTRY_SERVER PNPM_CONFIG_REGISTRY BUN_CONFIG_REGISTRY COREPACK_NPM_REGISTRY TURBO_API NX_SELF_HOSTED_REMOTE_CACHE_SERVER", reason: "where packages or build results lie" },
  { names: "PIP_INDEX_URL PIP_EXTRA_INDEX_URL UV_INDEX UV_INDEX_URL UV_DEFAULT_INDEX UV_EXTRA_INDEX_URL PIPENV_PYPI_MIRROR POETRY_REPOSITORIES_*_URL", reason: "a Python index, often with its password" },
  { names: "TWINE_REPOSITORY TWINE_REPOSITORY_URL UV_PUBLISH_URL HATCH_INDEX_REPO FLIT_INDEX_URL MATURIN_REPOSITORY MATURIN_REPOSITORY_URL RUBYGEMS_HOST", reason: "where a package is uploaded, with its credential" },
  { names: "COMPOSER_AUTH", reason: "Composer takes credentials from it, but also any other setting" },
  { names: "GOPROXY GOPRIVATE GONOPROXY GONOSUMDB CARGO_REGISTRIES_*_INDEX MVNW_REPOURL COURSIER_REPOSITORIES PUB_HOSTED_URL NUGET_SOURCE NUGET_URL NUGET_FEED_URL HF_ENDPOINT", reason: "where code comes from, often with a password" },
  { names: "SCCACHE_BUCKET SCCACHE_ENDPOINT SCCACHE_REDIS SCCACHE_REDIS_ENDPOINT SCCACHE_WEBDAV_ENDPOINT VCPKG_BINARY_SOURCES", reason: "a cache of compiled code, often with its password" },
  { names: "DOCKER_HOST DOCKER_CONFIG DOCKER_CONTEXT DOCKER_AUTH_CONFIG COMPOSE_FILE REGISTRY_AUTH_FILE", reason: "which daemon, and which registry credentials" },
  { names: "KUBECONFIG HELM_DRIVER_SQL_CONNECTION_STRING", reason: "which cluster; a kubeconfig can run a program" },
  { names: "NIX_CONFIG", reason: "Nix takes access tokens from it, but also any other setting" },
  { names: "AWS_ENDPOINT_URL AWS_ENDPOINT_URL_* AZURE_AUTHORITY_HOST VAULT_ADDR VAULT_CACERT CONSUL_HTTP_ADDR NOMAD_ADDR GH_HOST GH_REPO GITLAB_HOST GITLAB_URI SONAR_HOST_URL PULUMI_BACKEND_URL TF_HTTP_ADDRESS TF_HTTP_LOCK_ADDRESS TF_HTTP_UNLOCK_ADDRESS", reason: "the server that requests and tokens go to" },
  { names: "SPRING_APPLICATION_JSON SPRING_CONFIG_IMPORT TNS_ADMIN", reason: "an application's configuration, or where it lies" },
];
