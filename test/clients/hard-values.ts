// Values as Laravel applications really have them, and as their authors never tried them.

const pem = `-----BEGIN PRIVATE KEY-----\n${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n".repeat(3)}-----END PRIVATE KEY-----\n`;
const serviceAccount = {
  type: "service_account",
  private_key: pem,
  client_email: "ci@acme.example.test",
  token_uri: "https://oauth2.googleapis.com/token",
};

/** The value that the application is to read; each is written for phpdotenv, on one line. */
export const hardValues: readonly string[] = [
  ...[
    "",
    " ",
    "  both ends  ",
    "tab\tinside",
    "\ttabs\t",
    "a  b   c",
    "\u00a0no-break\u00a0",
    "é世界🌍",
    "\u2028separator\u2029",
  ],
  ...["#", "# comment", "a # b", "a#b", "pass#word", "=", "==", "a=b", "A=B=C", "export A=1", 'A="b"'],
  ...["'", "''", "it's", "'quoted'", '"', '""', '"quoted"', `'"'"'`, "`backticks`", `all ' " \` of them`],
  ...["\\", "\\\\", "\\\\\\", "C:\\new\\table", "ends in \\", "\\n", "\\\\n", '\\"', "\\'", "\\u00e9", "\\$"],
  ...[
    "$",
    "$$",
    "$HOME",
    "${APP_NAME}",
    "$${APP_NAME}",
    "${NOT_THERE}",
    "$(id)",
    "a$b${c",
    "5$ and ${",
    "{{ mustache }}",
  ],
  ...["line one\nline two", "\n", "ends\n", "windows\r\nline", "\r", "form\ffeed\vtab", "a\n\n\nb"],
  ...[
    pem,
    pem.replaceAll("\n", "\r\n"),
    JSON.stringify(serviceAccount),
    JSON.stringify(serviceAccount, null, 2),
  ],
  ...['{"a":{"b":[1,2,{"c":"d\'e"}]}}', "[]", "{", "}", "null", "true", "(empty)", "0", "007", "1e5"],
  ...["mysql://user:p%40ss%23w0rd@host:3306/db?charset=utf8mb4&x=1", "redis://:p@ss@host:6379/0"],
  ...[
    "base64:3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "* * * * * root [ -x /bin/a ] && b || c; d | e > f < g",
  ],
  "x".repeat(30_000),
];

/** Lines as people write them, with what stands behind the quotes, around `=` and without quotes at all. */
export const handWritten: readonly string[] = [
  ...[
    "PLAIN=bare",
    "export EXPORTED=value",
    "SPACED = 'around'",
    "  INDENTED=1",
    'TRAILING="blank"  ',
    "SINGLE='$x ${APP_NAME} \\n'",
  ],
  ...[
    'MAIL_FROM_NAME="${APP_NAME}"',
    'VITE_APP_NAME="${APP_NAME} (${PLAIN})"',
    'PRICE="5\\$ for \\"${APP_NAME}\\""',
    "EMPTY=",
    'QUOTED_EMPTY=""',
  ],
  ...[
    "UNQUOTED_URL=https://example.test:8080/a?b=c&d=%20",
    'UNQUOTED_JSON={"a":1}',
    "BACK=a\\b\\n",
    "APOSTROPHE=it's",
  ],
];
