<?php
/**
 * Pipeline health as one PHP page: diagram, status table, refresh.
 *
 *   DATAFLOW_HEALTH_URL=http://localhost:8000 php -S localhost:8080 index.php
 *
 * Only this page calls the API, never the browser, so the key stays on the server.
 */
declare(strict_types=1);

$url = rtrim(getenv('DATAFLOW_HEALTH_URL') ?: 'http://localhost:8000', '/') . '/api/v1';
$key = getenv('DATAFLOW_HEALTH_API_KEY') ?: '';
const INTERVALS = [0, 5, 15, 60];

/** Body of a response, or null when the API does not respond or refuses. */
function fetch_body(string $url, string $key): ?string
{
    $context = stream_context_create(['http' => [
        'timeout' => 5,
        'ignore_errors' => false,
        'header' => $key === '' ? '' : "X-API-Key: $key",
    ]]);
    $body = @file_get_contents($url, false, $context);
    return $body === false ? null : $body;
}

/** Text escaped for HTML. */
function h(?string $text): string
{
    return htmlspecialchars($text ?? '', ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
}

header("Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'");
if (isset($_GET['diagram'])) {
    $svg = fetch_body("$url/diagram/svg", $key);
    http_response_code($svg === null ? 502 : 200);
    header('Content-Type: image/svg+xml');
    header("Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; sandbox");
    echo $svg ?? '';
    return;
}

$interval = (int) ($_GET['interval'] ?? 15);
$interval = in_array($interval, INTERVALS, true) ? $interval : 15;
$body = fetch_body("$url/status", $key);
$health = $body === null ? null : (json_decode($body, true)['data'] ?? null);
$processes = $health['processes'] ?? [];
$order = ['FAILED', 'BLOCKED', 'WARNING', 'STALE', 'UNKNOWN', 'RUNNING', 'HEALTHY'];
$symbols = ['×', '‖', '!', '~', '?', '»', '✓'];
usort($processes, fn ($a, $b) => array_search($a['status'], $order) <=> array_search($b['status'], $order));
$age = $health === null ? 0 : time() - strtotime($health['at']);
?>
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<?php if ($interval > 0): ?><meta http-equiv="refresh" content="<?= $interval ?>"><?php endif ?>
<title>Dataflow Health<?= $health ? ': ' . h($health['status']) : '' ?></title>
<style>
  body { font: 15px/1.4 system-ui, sans-serif; margin: 1rem auto; max-width: 75rem; padding: 0 1rem; color: #24292f }
  table { border-collapse: collapse; width: 100% } td, th { border-bottom: 1px solid #d8dee4; padding: .35rem .6rem; text-align: left; vertical-align: top }
  .s { border-radius: 4px; padding: 0 .4rem; white-space: nowrap; display: inline-block }
  .FAILED { background: #cf222e; color: #fff } .BLOCKED { background: #57606a; color: #fff } .WARNING { background: #ffd33d }
  .STALE { background: #d8dee4 } .UNKNOWN { background: #f6f8fa; outline: 1px dashed #57606a } .RUNNING { background: #0969da; color: #fff } .HEALTHY { background: #1a7f37; color: #fff }
  .notice { background: #ffebe9; border: 1px solid #cf222e; padding: .6rem; border-radius: 4px }
  img { max-width: 100% } form { float: right }
</style>
</head>
<body>
<form method="get">
  <label>refresh every <select name="interval">
    <?php foreach (INTERVALS as $seconds): ?>
    <option value="<?= $seconds ?>"<?= $seconds === $interval ? ' selected' : '' ?>><?= $seconds ? "$seconds s" : 'never' ?></option>
    <?php endforeach ?>
  </select></label>
  <button>Refresh</button>
</form>
<h1>Dataflow Health</h1>
<?php if ($health === null): ?>
<p class="notice" role="alert">The API at <?= h($url) ?> does not respond. Start it with <code>dataflow-health api</code>.</p>
<?php else: ?>
<p><span class="s <?= h($health['status']) ?>"><?= h($health['status']) ?></span> at <?= h($health['at']) ?></p>
<?php if ($age > 30): ?><p class="notice" role="alert">Data is old: <?= $age ?> s.</p><?php endif ?>
<?php if ($health['ledger_error'] !== ''): ?><p class="notice" role="alert">The ledger is unreachable: <?= h($health['ledger_error']) ?></p><?php endif ?>
<table>
  <thead><tr><th>process</th><th>status</th><th>since</th><th>in</th><th>done</th><th>reason</th></tr></thead>
  <tbody>
  <?php foreach ($processes as $each): ?>
  <tr>
    <td title="<?= h($each['describes']) ?>"><?= h($each['name']) ?></td>
    <td><span class="s <?= h($each['status']) ?>"><?= $symbols[array_search($each['status'], $order)] ?> <?= h($each['status']) ?></span></td>
    <td style="white-space: nowrap"><?= h($each['since'] === null ? '' : substr($each['since'], 0, 16) . 'Z') ?></td>
    <td><?= h((string) ($each['counts']['incoming'] ?? '')) ?></td>
    <td><?= h((string) ($each['counts']['done'] ?? '')) ?></td>
    <td><?= h($each['reason']) ?></td>
  </tr>
  <?php endforeach ?>
  </tbody>
</table>
<p><img src="?diagram=1" alt="The pipeline: <?= h($health['status']) ?>"></p>
<?php endif ?>
</body>
</html>
