<?php
// Runs the official PHP client's own code, from a checkout of it that is not a part of this repository (OFFICIAL_PHP_CLIENT):
//   php official-client.php CHECKOUT push   {"dek": base64, "text": .env} -> [[name, payload], ...], as `variables push` sends them
//   php official-client.php CHECKOUT pull   [[name, value], ...] -> the .env that `variables pull` writes where there is none
[, $checkout, $command] = $argv;
spl_autoload_register(function (string $class) use ($checkout) {
    $prefix = 'Dniccum\\SecretStash\\';
    $file = $checkout.'/src/'.strtr(substr($class, strlen($prefix)), '\\', '/').'.php';
    if (str_starts_with($class, $prefix) && is_file($file)) require $file;
});

use Dniccum\SecretStash\Crypto\CryptoHelper;
use Dniccum\SecretStash\Support\ConfigResolver;
use Dniccum\SecretStash\Support\VariableUtility;

$input = json_decode(stream_get_contents(STDIN), true, flags: JSON_THROW_ON_ERROR);
if ($command === 'push') {
    $parsed = VariableUtility::parseEnvContent($input['text']);
    $kept = (new VariableUtility(ConfigResolver::ignoredVariables()))->filter($parsed);
    $dek = base64_decode($input['dek'], true);
    $sent = [];
    foreach ($kept as $name => $value) $sent[] = [(string) $name, CryptoHelper::aesGcmEncrypt((string) $value, $dek)];
    echo json_encode($sent, JSON_THROW_ON_ERROR);
} else {
    echo VariableUtility::mergeEnvContent('', array_column($input, 1, 0));
}
