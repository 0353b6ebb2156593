<?php
// Reads .env texts as an application with vlucas/phpdotenv does: [text, ...] -> [{name: value}, ...], null for one that it cannot read.
require '/usr/share/php/Dotenv/autoload.php';
$read = fn (string $text) => (object) Dotenv\Dotenv::parse($text);
$results = [];
foreach (json_decode(stream_get_contents(STDIN), true, flags: JSON_THROW_ON_ERROR) as $text) {
    try { $results[] = $read($text); } catch (Dotenv\Exception\InvalidFileException) { $results[] = null; }
}
echo json_encode($results, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE);
