import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasUrlPassword, looksSecret, secretOptions } from './secrets.ts'

test('names that hold secrets are told from names about secrets', () => {
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
  ]) {
    assert.ok(!looksSecret(name), name)
  }
})

test('URLs with passwords are found', () => {
  assert.ok(hasUrlPassword('rabbit://nova:x@10.0.0.1:5672/'))
  assert.ok(hasUrlPassword('--connection=mysql+pymysql://nova:x@db/nova'))
  for (const text of ['http://host:80/a@b', 'http://user@host', 'qemu:///system', 'a:b@c'])
    assert.ok(!hasUrlPassword(text), text)
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
    'a URL in argument 2',
    'the URL of --url',
  ])
})
