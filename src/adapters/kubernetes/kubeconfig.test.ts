import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { readKubeconfig } from './kubeconfig.ts'

describe('a kubeconfig', () => {
  let directory: string
  before(() => (directory = mkdtempSync(join(tmpdir(), 'kubeconfig-'))))
  after(() => rmSync(directory, { recursive: true }))

  const read = (user: object, cluster: object = {}, context?: string) => {
    const path = join(directory, 'config')
    const config = {
      'current-context': 'one',
      clusters: [{ name: 'c', cluster: { server: 'https://192.0.2.1:6443/', ...cluster } }],
      users: [{ name: 'u', user }],
      contexts: [
        { name: 'one', context: { cluster: 'c', user: 'u' } },
        { name: 'two', context: { cluster: 'c', user: 'absent' } },
      ],
    }
    writeFileSync(path, JSON.stringify(config))
    return readKubeconfig(path, context)
  }

  test('gives a token and an authority, in its text or in files beside it', async () => {
    writeFileSync(join(directory, 'ca.pem'), 'PEM')
    writeFileSync(join(directory, 'token'), 'secret\n')
    const data = Buffer.from('PEM').toString('base64')
    assert.deepEqual(await read({ token: 'secret' }, { 'certificate-authority-data': data }), {
      server: 'https://192.0.2.1:6443',
      ca: 'PEM',
      token: 'secret',
    })
    assert.deepEqual(await read({ tokenFile: 'token' }, { 'certificate-authority': 'ca.pem' }), {
      server: 'https://192.0.2.1:6443',
      ca: 'PEM',
      token: 'secret',
    })
  })

  test('is refused where it logs in by a program, trusts everybody, or lacks what it names', async () => {
    const cases = [
      [() => read({ exec: { command: 'aws' } }), /"exec"/],
      [() => read({ token: 't', as: 'somebody' }), /"as"/],
      [() => read({ token: 't' }, { 'insecure-skip-tls-verify': true }), /any certificate/],
      [() => read({ token: 't' }, { server: 'http://192.0.2.1' }), /no https/],
      [() => read({}), /neither a token nor a certificate/],
      [() => read({ 'client-certificate': 'absent.pem' }), /"absent.pem"/],
      [() => read({ token: 't' }, {}, 'two'), /no user "absent"/],
      [() => read({ token: 't' }, {}, 'three'), /no context "three"/],
      [() => readKubeconfig(join(directory, 'absent')), /ENOENT/],
    ] as const
    for (const [reading, message] of cases) {
      await assert.rejects(reading(), { code: 'KUBECONFIG_UNUSABLE', message })
    }
  })
})
