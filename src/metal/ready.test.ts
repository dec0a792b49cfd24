import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../core/index.ts'
import { configDrive, isPublicKey } from './config-drive.ts'
import { parseReady } from './ready.ts'
import { sampleNode } from './testing/index.ts'
import { Timeline } from './timeline.ts'

test('what counts as ready is read with the place where the machine answers', () => {
  const node = sampleNode({ extra: { anneal_address: '10.0.0.5' } })
  assert.deepEqual(parseReady('ssh', node, undefined), { kind: 'ssh', host: '10.0.0.5', port: 22 })
  assert.deepEqual(parseReady('ssh:h:2222', node, undefined), { kind: 'ssh', host: 'h', port: 2222 })
  assert.deepEqual(parseReady('ssh:[fd77::1]:23', node, undefined), {
    kind: 'ssh',
    host: 'fd77::1',
    port: 23,
  })
  assert.deepEqual(parseReady('ssh:fd77::1', node, undefined), { kind: 'ssh', host: 'fd77::1', port: 22 })
  assert.deepEqual(parseReady('console:login: ', node, 'file:x'), {
    kind: 'console',
    text: 'login: ',
    source: 'file:x',
  })
})

test('what does not say where the machine answers is refused', () => {
  for (const text of ['ssh', 'ssh:h:99999', 'console:', 'console:x', 'http', 'active:x']) {
    assert.throws(
      () => parseReady(text, sampleNode(), undefined),
      (error) => isAnnealError(error, 'READY_UNCLEAR'),
      text,
    )
  }
})

test('a config drive is made only where something is wished for', () => {
  assert.equal(configDrive({ sshKeys: [] }, sampleNode()), undefined)
  assert.deepEqual(configDrive({ sshKeys: ['ssh-ed25519 AAAA me\n'] }, sampleNode()), {
    metaData: {
      uuid: '11111111-1111-4111-8111-111111111111',
      name: 'node0',
      hostname: 'node0',
      public_keys: { 'key-0': 'ssh-ed25519 AAAA me' },
    },
  })
})

test('a private key is no public key', () => {
  assert.equal(isPublicKey('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB ada@here'), true)
  assert.equal(isPublicKey('-----BEGIN OPENSSH PRIVATE KEY-----'), false)
  assert.equal(isPublicKey('ssh-ed25519'), false)
})

test('a timeline has one stretch for each change, with its seconds', () => {
  const timeline = new Timeline()
  const see = (ms: number, provisionState: string, step?: string) =>
    timeline.see(sampleNode({ provisionState, ...(step === undefined ? {} : { step }) }), ms, ms)
  assert.equal(see(0, 'available')?.state, 'available')
  assert.equal(see(500, 'available'), undefined)
  see(1000, 'deploying')
  see(2500, 'deploying', 'deploy.write_image')
  assert.deepEqual(
    timeline.close(4000).map((one) => [one.state, one.step, one.seconds]),
    [
      ['available', undefined, 1],
      ['deploying', undefined, 1.5],
      ['deploying', 'deploy.write_image', 1.5],
    ],
  )
})
