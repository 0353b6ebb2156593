<?php
// Makes official-formats.json with PHP's openssl_* functions alone: a second implementation of docs/protocol.md, written from its text.
//   php test/vectors/make-vectors.php > test/vectors/official-formats.json
// The key is for tests and opens nothing else.

function base64url(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

$key = openssl_pkey_new(['private_key_bits' => 4096, 'private_key_type' => OPENSSL_KEYTYPE_RSA]);
openssl_pkey_export($key, $private);
$public = openssl_pkey_get_details($key)['key'];
$fingerprint = hash('sha256', $public);
$dek = random_bytes(32);

openssl_public_encrypt($dek, $wrapped, $public, OPENSSL_PKCS1_OAEP_PADDING);
$share = ['v' => 1, 'type' => 'secret-stash-recovery', 'alg' => 'RSA-OAEP', 'fingerprint' => $fingerprint, 'private_key' => base64url($private)];

$values = ['', 'a', "line one\nline two\r\n", 'Grüße, 世界 🌍', "\u{feff}byte order mark", "nul\0inside", str_repeat('x', 1000)];
$payloads = array_map(function (string $value) use ($dek) {
    $iv = random_bytes(12);
    $ct = openssl_encrypt($value, 'aes-256-gcm', $dek, OPENSSL_RAW_DATA, $iv, $tag, '', 16);
    $payload = ['v' => 1, 'alg' => 'AES-GCM', 'kdf' => 'none', 'iter' => 0, 'salt' => base64url(random_bytes(16))];
    $payload += ['iv' => base64url($iv), 'tag' => base64url($tag), 'ct' => base64url($ct)];
    return ['value' => $value, 'payload' => $payload];
}, $values);

echo json_encode([
    'made_by' => 'PHP ' . PHP_VERSION . ', ' . OPENSSL_VERSION_TEXT,
    'private_key' => $private,
    'public_key' => $public,
    'fingerprint' => $fingerprint,
    'device' => ['device_key_id' => 17, 'label' => 'test vector', 'public_key' => $public, 'fingerprint' => $fingerprint],
    'dek' => bin2hex($dek),
    'envelope' => ['v' => 1, 'alg' => 'RSA-OAEP', 'ct' => base64url($wrapped)],
    'recovery_share' => 'SSREC1-' . base64url(json_encode($share)),
    'payloads' => $payloads,
], JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES), "\n";
