import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'

import { isAnnealError } from '../../core/index.ts'
import { credentialsFor, registryAuthHeader } from './credentials.ts'

let dir = ''
let env: Record<string, string> = {}

describe('logins of registries', () => {
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'anneal-auth-'))
    for (const folder of ['home', 'docker', 'bin', 'run/containers'])
      mkdirSync(join(dir, folder), { recursive: true })
    env = {
      HOME: join(dir, 'home'),
      DOCKER_CONFIG: join(dir, 'docker'),
      XDG_RUNTIME_DIR: join(dir, 'run'),
      PATH: `${join(dir, 'bin')}:/usr/bin:/bin`,
    }
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  const auth = (text: string) => Buffer.from(text).toString('base64')
  const docker = (content: unknown) => writeFileSync(join(dir, 'docker/config.json'), JSON.stringify(content))
  const containers = (content: unknown) =>
    writeFileSync(join(dir, 'run/containers/auth.json'), JSON.stringify(content))
  const helper = (name: string, script: string) =>
    writeFileSync(join(dir, 'bin', `docker-credential-${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  const find = (image: string, first: 'docker' | 'containers' = 'docker') =>
    // A uid that no machine has: its own auth file is not to be found.
    credentialsFor(image, { first, env, uid: 4_000_000_000 })

  test('no file, no login', async () => {
    assert.equal(await find('quay.io/a/b'), undefined)
  })

  test('a password may hold colons and any letters', async () => {
    docker({ auths: { 'quay.io': { auth: auth('me:pa:ss "ö"') } } })
    assert.deepEqual(await find('quay.io/a/b:1'), { username: 'me', password: 'pa:ss "ö"' })
    assert.equal(await find('ghcr.io/a/b:1'), undefined)
  })

  test("Docker Hub's login stands under its old address", async () => {
    docker({ auths: { 'https://index.docker.io/v1/': { auth: auth('hub:x') } } })
    assert.deepEqual(await find('nginx'), { username: 'hub', password: 'x' })
  })

  test('the longest matching path wins', async () => {
    containers({ auths: { 'quay.io': { auth: auth('all:x') }, 'quay.io/team': { auth: auth('team:y') } } })
    assert.deepEqual(await find('quay.io/team/app'), { username: 'team', password: 'y' })
    assert.deepEqual(await find('quay.io/teams/app'), { username: 'all', password: 'x' })
  })

  test("each engine's own file goes first, and REGISTRY_AUTH_FILE replaces the others of its family", async () => {
    docker({ auths: { 'quay.io': { auth: auth('docker:x') } } })
    containers({ auths: { 'quay.io': { auth: auth('podman:y') } } })
    assert.deepEqual(await find('quay.io/a', 'docker'), { username: 'docker', password: 'x' })
    assert.deepEqual(await find('quay.io/a', 'containers'), { username: 'podman', password: 'y' })
    env['REGISTRY_AUTH_FILE'] = join(dir, 'other.json')
    assert.deepEqual(await find('quay.io/a', 'containers'), { username: 'docker', password: 'x' })
    writeFileSync(
      env['REGISTRY_AUTH_FILE'],
      JSON.stringify({ auths: { 'quay.io': { auth: auth('other:z') } } }),
    )
    assert.deepEqual(await find('quay.io/a', 'containers'), { username: 'other', password: 'z' })
  })

  test('a helper is asked for its registry, the name on its stdin', async () => {
    docker({ auths: { 'quay.io': {} }, credHelpers: { 'quay.io': 'mine' }, credsStore: 'absent' })
    helper(
      'mine',
      'read server; test "$1" = get && echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"u-$server\\",\\"Secret\\":\\"s\\"}"',
    )
    assert.deepEqual(await find('quay.io/a/b'), { username: 'u-quay.io', password: 's' })
  })

  test('the helper for all is asked where no entry is, and may have none or a token', async () => {
    docker({ auths: { 'https://index.docker.io/v1/': {} }, credsStore: 'all' })
    helper(
      'all',
      'read server; test "$server" = https://index.docker.io/v1/ || { echo "credentials not found in native keychain"; exit 1; }; echo \'{"Username":"<token>","Secret":"t"}\'',
    )
    assert.deepEqual(await find('nginx'), { identityToken: 't' })
    assert.equal(await find('quay.io/a'), undefined)
  })

  test('a helper that fails says which and never what it answered', async () => {
    docker({ credsStore: 'bad' })
    const failing = async (state: RegExp) =>
      assert.rejects(find('quay.io/a'), (error) => {
        assert.ok(isAnnealError(error, 'CREDENTIAL_HELPER_FAILED'))
        assert.match(error.message, state)
        assert.ok(!`${error.stack}${JSON.stringify(error.data)}`.includes('hush'))
        return true
      })
    await failing(/not installed/)
    helper('bad', 'echo hush; exit 3')
    await failing(/status 3/)
    helper('bad', 'echo hush')
    await failing(/not the JSON/)
    docker({ credsStore: '../../bin/sh' })
    await failing(/no name of a helper/)
  })

  test('a broken file is refused without a word of what is in it', async () => {
    writeFileSync(join(dir, 'docker/config.json'), '{"auths":{"quay.io":{"auth":"aHVzaA==" hush')
    await assert.rejects(find('quay.io/a'), (error) => {
      assert.ok(isAnnealError(error, 'REGISTRY_AUTH_FILE_BROKEN'))
      assert.ok(!`${error.stack}${String(error.cause)}`.includes('hush'))
      return true
    })
  })

  test('the header is the padded base64url that both engines decode', () => {
    const header = registryAuthHeader({ username: 'a', password: '??>>~' }, 'quay.io')
    assert.match(header, /^[\w-]+=*$/)
    assert.equal(header.length % 4, 0)
    assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), {
      username: 'a',
      password: '??>>~',
      serveraddress: 'quay.io',
    })
  })
})
