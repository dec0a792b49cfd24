import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { readKubeconfig } from './kubeconfig.ts'

describe('a kubeconfig', () => {
  let directory: string
  let pem: string
  const inDirectory = (name: string) => join(directory, name)
  const textOf = (name: string) => readFileSync(inDirectory(name), 'utf8')

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-subj', '/CN=one']
    const pair = (name: string, ...locked: readonly string[]) => {
      const files = ['-keyout', inDirectory(`${name}.key`), '-out', inDirectory(`${name}.pem`)]
      execFileSync('openssl', [...made, ...files, ...locked], { stdio: 'pipe' })
    }
    pair('one', '-nodes')
    pair('other', '-nodes')
    pair('locked', '-passout', 'pass:secret')
    writeFileSync(inDirectory('token'), 'from-file\n')
    writeFileSync(inDirectory('empty'), '')
    pem = textOf('one.pem')
  })
  after(() => rmSync(directory, { recursive: true }))

  const readText = (text: string, context?: string) => {
    writeFileSync(inDirectory('config'), text)
    return readKubeconfig(inDirectory('config'), context)
  }
  const config = (user: object, cluster: object = {}) => ({
    'current-context': 'one',
    clusters: [{ name: 'c', cluster: { server: 'https://192.0.2.1:6443/', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [
      { name: 'one', context: { cluster: 'c', user: 'u' } },
      { name: 'two', context: { cluster: 'c', user: 'absent' } },
      { name: 'half', context: { user: 'u' } },
    ],
  })
  const read = (user: object, cluster: object = {}, context?: string) =>
    readText(JSON.stringify(config(user, cluster)), context)
  const SERVER = { server: 'https://192.0.2.1:6443' }

  test('gives a token and an authority, in its text or in files beside it', async () => {
    const data = Buffer.from(pem).toString('base64')
    const wanted = { ...SERVER, ca: pem, token: 'secret' }
    assert.deepEqual(await read({ token: 'secret' }, { 'certificate-authority-data': data }), wanted)
    assert.deepEqual(await read({ tokenFile: 'token' }, { 'certificate-authority': 'one.pem' }), {
      ...wanted,
      token: 'from-file',
    })
  })

  test('gives a client certificate with its key, and the name in the certificate of the server', async () => {
    assert.deepEqual(
      await read(
        { 'client-certificate': 'one.pem', 'client-key': 'one.key' },
        { 'tls-server-name': 'kubernetes.example' },
      ),
      { ...SERVER, serverName: 'kubernetes.example', cert: pem, key: textOf('one.key') },
    )
  })

  // Asked of kubectl 1.20.2 and 1.36.4.
  test('is read as kubectl does where two members say the same, or one is empty', async () => {
    assert.equal((await read({ token: 'inline', tokenFile: 'token' })).token, 'from-file')
    assert.equal((await read({ token: '', tokenFile: 'token' })).token, 'from-file')
    const pair = { 'client-certificate': 'one.pem', 'client-key': 'one.key' }
    assert.equal((await read({ ...pair, token: '' })).token, undefined)
    assert.equal((await read({ token: 't', as: '', 'as-groups': [] })).token, 't')
    const authority = { 'certificate-authority-data': '', 'certificate-authority': 'one.pem' }
    assert.equal(
      (await read({ token: 't' }, { ...authority, 'proxy-url': '', 'tls-server-name': '' })).ca,
      pem,
    )
    const path = { server: 'HTTPS://192.0.2.1:6443/k8s/clusters/c-1/' }
    assert.equal((await read({ token: 't' }, path)).server, 'https://192.0.2.1:6443/k8s/clusters/c-1')
  })

  test('is refused where it logs in by a program, trusts everybody, or lacks what it names', async () => {
    const token = { token: 't' }
    const cases = [
      [() => read({ exec: { command: 'aws' } }), /"exec"/],
      [() => read({ password: 'p' }), /"password"/],
      [() => read({ ...token, as: 'somebody' }), /"as"/],
      [() => read({ ...token, 'as-user-extra': { a: ['b'] } }), /"as-user-extra"/],
      [() => read(token, { 'insecure-skip-tls-verify': true }), /turns off the verification/],
      [() => read(token, { 'proxy-url': 'http://192.0.2.2:3128' }), /"proxy-url"/],
      [() => read(token, { server: 'http://192.0.2.1' }), /no https/],
      [() => read(token, { server: '192.0.2.1:6443' }), /no https/],
      [() => read(token, { server: 'https://' }), /no https/],
      [() => read({}), /neither a token nor a certificate/],
      [() => read({ 'client-key': 'one.key' }), /neither a token nor a certificate/],
      [() => read({ tokenFile: 'empty' }), /token is empty/],
      [() => read({ token: 'a\nb' }), /a character that no token has/],
      [
        () => read({ 'client-certificate': 'absent.pem' }),
        /"absent.pem", which cannot be read: it does not exist/,
      ],
      [() => read({ 'client-certificate': 'one.pem' }), /no client-key/],
      [() => read({ 'client-certificate': 'token', 'client-key': 'one.key' }), /no certificate in PEM/],
      [() => read({ 'client-certificate': 'one.pem', 'client-key': 'other.key' }), /does not belong/],
      [() => read({ 'client-certificate': 'locked.pem', 'client-key': 'locked.key' }), /a passphrase/],
      [() => read(token, { 'certificate-authority': 'token' }), /certificate-authority is no certificate/],
      [() => read(token, { 'certificate-authority-data': '%%%' }), /certificate-authority is no certificate/],
      [() => read(token, {}, 'two'), /no user "absent"/],
      [() => read(token, {}, 'three'), /no context "three"/],
      [() => read(token, {}, 'half'), /context "half" names no cluster/],
      [() => readText('{}'), /no current-context/],
      [() => readText('hello'), /holds no kubeconfig/],
      [() => readText(''), /holds no kubeconfig/],
      [() => readKubeconfig(inDirectory('absent')), /: it does not exist$/],
      [() => readKubeconfig(directory), /: it is a directory$/],
      [() => readKubeconfig(`${inDirectory('config')}:${inDirectory('other')}`), /a list of files/],
    ] as const
    for (const [reading, message] of cases) {
      await assert.rejects(reading(), { code: 'KUBECONFIG_UNUSABLE', message }, String(message))
    }
  })

  test('is refused without a word of its secrets', async () => {
    const url = { server: 'https://me:S3CRET@192.0.2.1' }
    const cases = [
      () => readText('users:\n- name: u\n  user:\n    token: S3CRET: x\n'),
      () => readText('users:\n- name: u\n  user:\n    token: "S3CRET\n'),
      () => readText('users:\n- name: u\n  user:\n    token: *S3CRET\n'),
      () => readText('users:\n- name: u\n  user:\n    token: !S3CRET\n'),
      () => read({ token: 'S3CRET\u0001' }),
      () => read({ token: 't' }, url),
    ]
    for (const reading of cases) {
      await assert.rejects(reading(), (error: unknown) => {
        assert.ok(isAnnealError(error, 'KUBECONFIG_UNUSABLE'))
        for (let one: unknown = error; one instanceof Error; one = one.cause) {
          assert.doesNotMatch(one.message, /S3CRET/)
        }
        return true
      })
    }
  })
})
