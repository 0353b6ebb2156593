<?php
// What the official clients do on `variables pull`, from docs/protocol.md: reads a key directory, opens the envelope with it and
// decrypts the payloads. Standard input: {"key_dir", "envelope", "variables": [{"name", "payload"}]}; output: {"NAME": "value"}.

function decode(string $text): string
{
    return base64_decode(strtr($text, '-_', '+/'), true);
}

$given = json_decode(stream_get_contents(STDIN), true, flags: JSON_THROW_ON_ERROR);
$device = json_decode(file_get_contents($given['key_dir'] . '/device.json'), true, flags: JSON_THROW_ON_ERROR);
$private = openssl_pkey_get_private(file_get_contents($given['key_dir'] . '/device_private_key.pem'));
if (openssl_pkey_get_details($private)['key'] !== $device['public_key']) exit('device.json holds another public key');
if (hash('sha256', $device['public_key']) !== $device['fingerprint']) exit('device.json holds another fingerprint');
if (!is_int($device['device_key_id']) || $device['is_temporary'] !== true) exit('device.json does not describe a temporary key');

openssl_private_decrypt(decode($given['envelope']['ct']), $dek, $private, OPENSSL_PKCS1_OAEP_PADDING);
$values = [];
foreach ($given['variables'] as ['name' => $name, 'payload' => $p]) {
    $values[$name] = $p === null ? '' : openssl_decrypt(decode($p['ct']), 'aes-256-gcm', $dek, OPENSSL_RAW_DATA, decode($p['iv']), decode($p['tag']));
}
echo json_encode((object) $values, JSON_UNESCAPED_UNICODE);
