import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import type { Cloud } from './cloud.ts'
import { chooseCloud } from './choose-cloud.ts'

const directory = mkdtempSync(join(tmpdir(), 'anneal-clouds-'))
after(() => rmSync(directory, { recursive: true }))
let count = 0

/** A working directory with these files; the home of it is empty. */
function place(files: Readonly<Record<string, string>>): string {
  const here = join(directory, String((count += 1)))
  mkdirSync(join(here, 'home'), { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(here, name), text)
  return here
}

function choose(
  files: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
  named?: string,
  systemScope?: string,
): Cloud {
  const workingDirectory = place(files)
  return chooseCloud(
    { environment: { HOME: join(workingDirectory, 'home'), ...environment }, workingDirectory },
    named,
    systemScope,
  )
}

function refused(code: string, why: RegExp, act: () => unknown): void {
  assert.throws(act, (error) => {
    assert.ok(isAnnealError(error, code), String(error))
    assert.match(error.message, why)
    return true
  })
}

const CLOUDS = `
clouds:
  home:
    region_name: North
    auth:
      auth_url: https://keystone.example/v3/
      username: ada
      project_name: demo
      user_domain_name: Default
  work: { profile: bigcloud, auth: { username: a, password: b } }
  alone:
    auth_type: http_basic
    baremetal_endpoint_override: http://10.0.0.1:6385
    auth: { username: metal, password: 0123 }
`

describe('clouds.yaml', () => {
  test('with the password in secure.yaml is one cloud', () => {
    const cloud = choose(
      { 'clouds.yaml': CLOUDS, 'secure.yaml': 'clouds: { home: { auth: { password: s3cret } } }' },
      {},
      'home',
    )
    assert.deepEqual(cloud, {
      name: 'home',
      region: 'North',
      interface: 'public',
      endpoints: {},
      auth: {
        kind: 'password',
        authUrl: 'https://keystone.example/v3',
        username: 'ada',
        userDomainName: 'Default',
        password: 's3cret',
        scope: { projectName: 'demo' },
      },
    })
  })

  test('keeps a password of digits as it is written', () => {
    const cloud = choose({ 'clouds.yaml': CLOUDS }, { OS_CLOUD: 'alone' })
    assert.ok(cloud.auth.kind === 'httpBasic')
    assert.equal(cloud.auth.password, '0123')
    assert.equal(cloud.endpoints.baremetal, 'http://10.0.0.1:6385')
  })

  test('is the file that OS_CLIENT_CONFIG_FILE names', () => {
    const elsewhere = join(
      place({ 'other.yaml': 'clouds: { one: { auth_type: none, endpoint: "http://x" } }' }),
      'other.yaml',
    )
    const cloud = choose({ 'clouds.yaml': CLOUDS }, { OS_CLIENT_CONFIG_FILE: elsewhere })
    assert.equal(cloud.name, 'one')
  })

  test('with several clouds and none chosen says which there are', () => {
    refused('CLOUD_NOT_CHOSEN', /home, work, alone/, () => choose({ 'clouds.yaml': CLOUDS }))
  })

  test('without the named cloud says which there are', () => {
    refused('CLOUD_UNKNOWN', /home, work, alone/, () => choose({ 'clouds.yaml': CLOUDS }, {}, 'hoem'))
  })

  test('with a vendor profile is refused by the profile’s name', () => {
    refused('CLOUD_VENDOR_PROFILE', /bigcloud/, () => choose({ 'clouds.yaml': CLOUDS }, {}, 'work'))
  })

  test('that is no YAML is refused without a word of its content', () => {
    assert.throws(
      () => choose({ 'clouds.yaml': 'clouds:\n  a: { auth: { password: "s3cret\n' }),
      (error) => isAnnealError(error, 'CLOUD_FILE_UNREADABLE') && !error.message.includes('s3cret'),
    )
  })

  const bad: readonly (readonly [string, string, string, RegExp])[] = [
    [
      'without a password',
      'auth: { auth_url: "http://x", username: a }',
      'CLOUD_SETTING_INVALID',
      /"password" is missing/,
    ],
    [
      'without an auth_url',
      'auth: { username: a, password: b }',
      'CLOUD_SETTING_INVALID',
      /"auth_url" is missing/,
    ],
    [
      'with another scheme',
      'auth: { auth_url: "ftp://x", username: a, password: b }',
      'CLOUD_SETTING_INVALID',
      /no http/,
    ],
    [
      'with a password in the URL',
      'auth: { auth_url: "http://u:p@x", username: a, password: b }',
      'CLOUD_SETTING_INVALID',
      /holds a user/,
    ],
    ['with a login nobody knows', 'auth_type: v3oidcpassword', 'CLOUD_SETTING_INVALID', /v3oidcpassword/],
    ['that does not verify certificates', 'verify: false', 'CLOUD_INSECURE', /verify/],
    ['with an unknown interface', 'interface: secret', 'CLOUD_SETTING_INVALID', /secret/],
    [
      'with a project and the system scope',
      'auth: { auth_url: "http://x", username: a, password: b, project_name: p, system_scope: all }',
      'CLOUD_SETTING_INVALID',
      /project_name and system_scope/,
    ],
    [
      'with a project and a domain to log in to',
      'auth: { auth_url: "http://x", username: a, password: b, project_id: p, domain_name: d }',
      'CLOUD_SETTING_INVALID',
      /project_id and domain_name/,
    ],
    [
      'with another part of the system than all of it',
      'auth: { auth_url: "http://x", username: a, password: b, system_scope: compute }',
      'CLOUD_SETTING_INVALID',
      /"compute"/,
    ],
    [
      'with the system scope of an application credential',
      'auth: { auth_url: "http://x", application_credential_id: i, application_credential_secret: s, system_scope: all }',
      'CLOUD_SETTING_INVALID',
      /of one project/,
    ],
    ['that is alone and nowhere', 'auth_type: none', 'CLOUD_SETTING_INVALID', /endpoint/],
  ]
  for (const [what, entry, code, why] of bad) {
    test(`${what} is refused`, () => {
      refused(code, why, () => choose({ 'clouds.yaml': `clouds: { c: { ${entry} } }` }))
    })
  }
})

describe('the scope of a login', () => {
  const files = { 'clouds.yaml': CLOUDS, 'secure.yaml': 'clouds: { home: { auth: { password: s } } }' }
  const scopeOf = (cloud: Cloud) => (cloud.auth.kind === 'password' ? cloud.auth.scope : undefined)

  test('is the system’s where the entry says so', () => {
    const entry = 'auth: { auth_url: "http://x", username: a, password: b, system_scope: all }'
    assert.deepEqual(scopeOf(choose({ 'clouds.yaml': `clouds: { c: { ${entry} } }` })), { system: 'all' })
  })

  test('that is asked for beside the entry takes the place of its project', () => {
    assert.deepEqual(scopeOf(choose(files, {}, 'home', 'all')), { system: 'all' })
  })

  test('that is asked for of a service without Keystone is refused', () => {
    refused('CLOUD_SETTING_INVALID', /without Keystone/, () => choose(files, {}, 'alone', 'all'))
  })
})

describe('the OS_ variables', () => {
  const OPENRC = {
    OS_AUTH_URL: 'http://keystone:5000',
    OS_USERNAME: 'ada',
    OS_PASSWORD: 'pw',
    OS_PROJECT_NAME: 'demo',
    OS_REGION_NAME: 'South',
    OS_IDENTITY_API_VERSION: '3',
  }

  test('of an openrc file are a cloud by themselves', () => {
    const cloud = choose({ 'clouds.yaml': CLOUDS }, OPENRC)
    assert.equal(cloud.name, 'envvars')
    assert.equal(cloud.region, 'South')
  })

  test('stand back behind a cloud that is named', () => {
    const secure = { 'secure.yaml': 'clouds: { home: { auth: { password: s } } }' }
    assert.equal(choose({ 'clouds.yaml': CLOUDS, ...secure }, { ...OPENRC, OS_CLOUD: 'home' }).name, 'home')
  })

  test('with an application credential log in with it', () => {
    const { OS_PASSWORD: _, ...rest } = OPENRC
    const cloud = choose(
      {},
      {
        ...rest,
        OS_AUTH_TYPE: 'v3applicationcredential',
        OS_APPLICATION_CREDENTIAL_ID: 'id',
        OS_APPLICATION_CREDENTIAL_SECRET: 'sesame',
      },
    )
    assert.equal(cloud.auth.kind, 'applicationCredential')
  })

  test('may say all of a standalone Ironic', () => {
    const cloud = choose({}, { OS_AUTH_TYPE: 'none', OS_ENDPOINT: 'http://10.0.0.1:6385/' })
    assert.deepEqual(cloud.auth, { kind: 'none', endpoint: 'http://10.0.0.1:6385' })
  })

  test('without any of it, and without a file, leave nothing to choose', () => {
    refused('CLOUD_NOT_CHOSEN', /no clouds.yaml/, () => choose({}))
  })
})
