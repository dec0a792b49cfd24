import assert from 'node:assert/strict'
import { test } from 'node:test'
import { looksSecret } from './secret-names.ts'
import { secretIn, secretOptions, withoutSecrets, wordsWithoutSecrets } from './secrets.ts'

test('names of secrets differ from names about secrets', () => {
  for (const name of [
    'RABBIT_PASSWORD',
    'NOVA_PASS',
    'OS_PASSWORD',
    'DB_ROOT_PASSWORD',
    'ADMIN_TOKEN',
    'secretKey',
    'API_KEY',
    'AWS_SECRET_ACCESS_KEY',
    'mysqlRootPassword',
    'METADATA_SHARED_SECRET',
    'REGISTRY_CREDENTIALS',
    'KEYSTONE_ADMIN_PASSWORD',
    'DBPASSWORD',
    'GITHUB_PAT',
    'AZURE_DEVOPS_EXT_PAT',
    'traefik.http.middlewares.x.basicauth.users',
  ]) {
    assert.ok(looksSecret(name), name)
  }
  for (const name of [
    'RABBIT_HOST',
    'PATH',
    'TOKEN_TTL',
    'PASSWORD_FILE',
    'SECRET_NAME',
    'KEYSTONE_ENDPOINT',
    'COMPASS',
    'PASSENGER_APP',
    'KEY',
    'PUBLIC_KEY',
    'BYPASS',
    'OS_AUTH_URL',
    'OS_AUTH_TYPE',
    'KOLLA_SERVICE_NAME',
    'PAT',
    'PAT_RULES',
    'traefik.http.middlewares.x.basicauth.usersfile',
    'USERS',
  ]) {
    assert.ok(!looksSecret(name), name)
  }
})

const base64 = (text: string): string => btoa(text)
const PRIVATE =
  '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n'
/** Put together here, so that no scanner of repositories takes it for one that leaked. */
const AWS_ID = ['AKIA', 'IOSFODNN7EXAMPLE'].join('')
const GITHUB = `ghp_${'a1B2'.repeat(9)}`
const JWT = ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxMjM0In0', 'dozjgNryP4J3jVmNHl0w5N_XgL0n3I9'].join('.')

test('secrets are found by name and by what they look like', () => {
  const secrets: readonly (readonly [string, string])[] = [
    ['PASSWORD', 'hunter2'],
    ['DATABASE_URL', 'mysql+pymysql://nova:hunter2@db/nova?charset=utf8'],
    ['REDIS', 'redis://:hunter2@cache:6379/0'],
    ['A', 'rabbit://nova:hunter2@10.0.0.1:5672,nova:hunter2@10.0.0.2:5672/'],
    ['DSN', 'host=db user=nova password=hunter2 dbname=nova'],
    ['CONNECTION', 'Server=db;Uid=nova;Pwd=hunter2;'],
    ['HOOK', 'https://example.org/hook?id=3&token=hunter2'],
    ['OPTS', '--verbose --password=hunter2 --retries 3'],
    ['OPTS', '--os-password hunter2'],
    ['CONFIG', '{"db": {"user": "nova", "password": "hunter2"}}'],
    ['CONFIG', '[{"endpoint": "amqp://u:hunter2@h"}]'],
    ['DOCKER_AUTH', JSON.stringify({ auths: { 'registry.example.org': { auth: base64('nova:hunter2') } } })],
    ['PULL', base64(JSON.stringify({ auths: { r: { auth: base64('nova:hunter2') } } }))],
    ['ENCODED', base64('mysql://nova:hunter2@db/nova')],
    ['CERT', PRIVATE],
    ['CERT', base64(PRIVATE)],
    ['AWS_ID', AWS_ID],
    ['A', GITHUB],
    ['A', JWT],
    ['HEADER', 'Authorization: Basic bm92YTpodW50ZXIy'],
    ['HEADER', 'Basic bm92YTpodW50ZXIy'],
    ['HEADER', 'Bearer hunterhunter'],
    ['A', 'http --headers "X-Auth: Bearer hunter2hunter2" http://localhost/'],
    // Put together here for the same reason.
    ...['slack.com/services/T0/B0/hunter2', 'slack.com/triggers/T0/1/hunter2'].map(
      (rest) => ['HOOK', ['https://hooks', rest].join('.')] as const,
    ),
    ['HOOK', ['https://discord', 'com/api/webhooks/123/hunter2'].join('.')],
    ['HOOK', ['https://x.webhook.office', 'com/webhookb2/a@b/IncomingWebhook/hunter2/c'].join('.')],
    [
      'HOOK',
      ['https://prod-1.westus.logic', 'azure.com:443/workflows/1?api-version=1&sig=hunter2'].join('.'),
    ],
    ['HOOK', ['https://api.telegram', 'org/bot123:hunter2/sendMessage'].join('.')],
    ['A', 'mysqlimport -uroot -phunter2 nova'],
    ['A', '/usr/bin/mariadb-check -uroot -phunter2'],
    ['A', 'curl -fsS -u nova:hunter2 http://localhost/'],
    ['A', 'mysqladmin ping -uroot -phunter2'],
    ['A', 'redis-cli -a hunter2 ping'],
    ['A', 'ipmitool -I lanplus -U admin -P hunter2 power status'],
    ['A', 'sshpass -p hunter2 ssh node'],
    ['INI', '[database]\nconnection = x\nadmin_password = hunter2\n'],
    ['YAML', 'nova:\n  password: hunter2\n'],
  ]
  for (const [name, value] of secrets) assert.ok(secretIn(name, value), `${name}=${value}`)
})

test('a name about a secret, or a public one, is not a secret', () => {
  const others: readonly (readonly [string, string])[] = [
    ['PASSWORD', ''],
    ['PASSWORD_FILE', '/run/secrets/x'],
    ['PASSWORD', '/run/secrets/x'],
    ['PASSWORD', '${DB_PASSWORD}'],
    ['TOKEN_TTL', '3600'],
    ['TOKEN_ENABLED', 'true'],
    ['PASSWORD_AUTH', 'no'],
    [
      'SSH_PUBLIC_KEY',
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl nova',
    ],
    ['KEY', '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----'],
    [
      'CERT',
      '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUOMqqnkVzrm0SdG6UOoqK\n-----END CERTIFICATE-----',
    ],
    ['A', 'http://host:80/a@b'],
    ['A', 'http://user@host'],
    ['A', 'qemu:///system'],
    ['A', 'a:b@c'],
    ['A', 'rabbit://nova:${RABBIT_PASSWORD}@10.0.0.1/'],
    ['A', 'mysqladmin ping -uroot -p"$MYSQL_ROOT_PASSWORD"'],
    ['A', 'mysqladmin ping -h localhost -P 3306 --port=3306'],
    ['A', 'curl -u "$NAME:$PASS" http://localhost/'],
    ['A', 'mysqld -port'],
    ['AUTH', 'Basic authentication'],
    ['AUTH', 'bearer token'],
    ['HEADER', 'Bearer $TOKEN'],
    ['HELP', 'Basic installation of the node'],
    ['DOCS', ['https://api.slack', 'com/messaging/webhooks'].join('.')],
    ['DOCS', ['https://discord', 'com/developers/docs/resources/webhook'].join('.')],
    ['A', 'docker run -p 80:80 -a stdout img'],
    ['A', '--password-file /x --ask-password --verbose'],
    ['A', '--token-ttl=3600 --secret-name=nova'],
    ['DESCRIPTION', 'Lets users reset a password: by mail. The token is not kept.'],
    ['DIGEST', 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
    ['UUID', '5f0c1de0-0000-4000-8000-000000000001'],
    ['JSON', '{"password_file": "/run/secrets/x", "token_ttl": 3600, "keys": ["a", "b"]}'],
    ['BASE64', base64('just some text that says nothing secret')],
    ['PATHS', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    ['HASH', '$6$rounds=5000$saltsalt$hashhashhash'],
  ]
  for (const [name, value] of others) assert.equal(secretIn(name, value), undefined, `${name}=${value}`)
})

test('a text without its secrets keeps the rest', () => {
  const clean = (name: string, text: string) => withoutSecrets(name, text, () => '?')
  assert.equal(clean('A', 'mysql+pymysql://nova:hunter2@db/nova'), 'mysql+pymysql://nova:?@db/nova')
  assert.equal(clean('A', 'x --password=hunter2 --retries 3'), 'x --password=? --retries 3')
  assert.equal(clean('PASSWORD', 'hunter2'), '?')
  assert.equal(clean('A', `{"password": "hunter2"}`), '?')
  assert.equal(clean('A', 'nothing here'), 'nothing here')
  assert.deepEqual(
    wordsWithoutSecrets(['mysqladmin', 'ping', '-uroot', '-phunter2'], () => '?'),
    ['mysqladmin', 'ping', '-uroot', '-p?'],
  )
  assert.deepEqual(
    wordsWithoutSecrets(['x', '--os-password', 'hunter2', '-v'], () => '?'),
    ['x', '--os-password', '?', '-v'],
  )
})

test('a password before a semicolon goes, and the semicolon stays', () => {
  const without = (text: string): string => withoutSecrets('', text, () => 'X')
  assert.equal(without('mysql -uroot -phunter2; exit'), 'mysql -uroot -pX; exit')
  assert.equal(without('mysql -uroot -phun;ter2;'), 'mysql -uroot -pX;')
  assert.equal(without('redis-cli -a hunter2; ls'), 'redis-cli -a X; ls')
})

test('a long text without a secret is looked through at once', () => {
  assert.equal(secretIn('A', 'a='.repeat(100_000)), undefined)
  assert.equal(secretIn('A', '-'.repeat(200_000)), undefined)
  assert.equal(secretIn('A', 'x'.repeat(200_000)), undefined)
  assert.equal(secretIn('A', ' '.repeat(200_000)), undefined)
})

test('options are named and their values are not', () => {
  assert.deepEqual(
    secretOptions([
      'x',
      '--os-password',
      'hunter2',
      '--db-password=hunter2',
      '-p',
      'hunter2',
      'PASSWORD=hunter2',
    ]),
    ['--os-password', '--db-password', 'PASSWORD'],
  )
  assert.deepEqual(secretOptions(['--password-file', '/x', '--ask-password', '--verbose']), [])
  assert.deepEqual(secretOptions(['a', 'amqp://u:hunter2@h', '--url=amqp://u:hunter2@h']), [
    'the password of a URL, in argument 2',
    'the password of a URL, in argument 3',
  ])
})
