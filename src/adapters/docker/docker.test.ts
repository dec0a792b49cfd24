import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { isAnnealError } from '../../core/index.ts'
import type { ContainerSpec } from '../../ports/index.ts'
import { dockerSocket } from './connection.ts'
import { containerFromDocker } from './container-facts.ts'
import { createBody } from './create-body.ts'
import { dockerEngine } from './engine.ts'

const spec: ContainerSpec = {
  name: 'libvirt',
  image: 'img',
  labels: { a: 'b' },
  environment: { A: 'x=y' },
  privileged: true,
  capAdd: [],
  capDrop: [],
  securityOpt: [],
  devices: ['/dev/kvm', '/dev/a:/dev/b:r'],
  networkMode: 'host',
  mounts: [],
  ulimits: { memlock: { soft: 1, hard: 2 } },
  sysctls: {},
  restartPolicy: 'always',
  extraHosts: [],
}

test('a specification becomes the body of a creation, unarmed', async () => {
  const body = await createBody({
    ...spec,
    entrypoint: [],
    stopGraceMs: 1500,
    cpus: 1.5,
    healthcheck: { test: ['CMD', 'true'], intervalMs: 500 },
    ports: [
      { hostIp: '', published: 80, target: 8080, protocol: 'tcp' },
      { hostIp: '127.0.0.1', published: 81, target: 8080, protocol: 'tcp' },
    ],
    mounts: [{ type: 'bind', source: '/run', target: '/run', readOnly: false, propagation: 'rshared' }],
  })
  const host = body['HostConfig'] as Record<string, unknown>
  assert.deepEqual(body['Env'], ['A=x=y'])
  assert.deepEqual(body['Entrypoint'], [''])
  assert.equal(body['StopTimeout'], 2)
  assert.deepEqual(body['Healthcheck'], { Test: ['CMD', 'true'], Interval: 500_000_000 })
  assert.ok(!('Cmd' in body))
  assert.deepEqual(host['RestartPolicy'], { Name: 'no' })
  assert.equal(host['NanoCpus'], 1.5e9)
  assert.deepEqual(host['Devices'], [
    { PathOnHost: '/dev/kvm', PathInContainer: '/dev/kvm', CgroupPermissions: 'rwm' },
    { PathOnHost: '/dev/a', PathInContainer: '/dev/b', CgroupPermissions: 'r' },
  ])
  assert.deepEqual(host['Mounts'], [
    {
      Type: 'bind',
      Source: '/run',
      Target: '/run',
      ReadOnly: false,
      BindOptions: { Propagation: 'rshared' },
    },
  ])
  assert.deepEqual(host['PortBindings'], {
    '8080/tcp': [
      { HostIp: '', HostPort: '80' },
      { HostIp: '127.0.0.1', HostPort: '81' },
    ],
  })
})

test('a seccomp profile is sent as its text', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'anneal-seccomp-'))
  t.after(() => rmSync(dir, { recursive: true }))
  writeFileSync(join(dir, 'p.json'), '{"a":1}')
  const body = await createBody({ ...spec, securityOpt: [`seccomp=${dir}/p.json`, 'seccomp=unconfined'] })
  const host = body['HostConfig'] as Record<string, unknown>
  assert.deepEqual(host['SecurityOpt'], ['seccomp={"a":1}', 'seccomp=unconfined'])
})

test('an inspection with hardly anything in it is still read', () => {
  const observed = {
    record: undefined,
    program: undefined,
    cgroupnsMode: 'private',
    rootUpperDir: '/upper',
    engineCgroup: undefined,
  } as const
  const container = containerFromDocker({ Id: 'i', Name: '/n', Image: 'sha256:1' }, observed)
  assert.equal(container.name, 'n')
  assert.equal(container.status, 'dead')
  assert.equal(container.rootUpperDir, '/upper')
  assert.equal(container.runtimeFamily, 'unknown')
  assert.equal(container.stopSignal, 'SIGTERM')
  assert.deepEqual(
    containerFromDocker(
      { Id: 'i', Name: '/n', Image: '', HostConfig: { Tmpfs: { '/x': 'ro,size=1' } } },
      observed,
    ).mounts,
    [{ type: 'tmpfs', source: '', target: '/x', readOnly: true }],
  )
})

test('DOCKER_HOST names a socket of this machine or is refused', () => {
  assert.equal(dockerSocket(undefined), '/run/docker.sock')
  assert.equal(dockerSocket('unix:///x/d.sock'), '/x/d.sock')
  for (const remote of ['tcp://10.0.0.1:2375', 'ssh://root@host', '10.0.0.1:2375']) {
    assert.throws(
      () => dockerSocket(remote),
      (error) => isAnnealError(error, 'ENGINE_UNREACHABLE') && error.message.includes(remote),
    )
  }
})

test('each way of not reaching Docker has its own remedy', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'anneal-docker-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const advice = async (socketPath: string) => {
    const error: unknown = await dockerEngine({ socketPath })
      .facts()
      .catch((cause: unknown) => cause)
    assert.ok(isAnnealError(error, 'ENGINE_UNREACHABLE'), String(error))
    return error.remedy
  }
  assert.match(await advice(join(dir, 'absent.sock')), /apt-get install docker\.io/)
  // A socket file whose daemon is gone: what kill -9 leaves.
  const dead = join(dir, 'dead.sock')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(dead, resolve))
  execFileSync('ln', [dead, join(dir, 'kept.sock')])
  await new Promise((resolve) => server.close(resolve))
  assert.match(await advice(join(dir, 'kept.sock')), /journalctl -u docker/)
})

test(
  'a socket that this user may not open asks for root',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'anneal-docker-'))
    t.after(() => rmSync(dir, { recursive: true }))
    const server = createServer()
    const socketPath = join(dir, 'd.sock')
    await new Promise<void>((resolve) => server.listen(socketPath, resolve))
    t.after(() => server.close())
    chmodSync(socketPath, 0o600)
    chmodSync(dir, 0o755)
    // Root may open every socket, so another user tries.
    const script = `import { dockerEngine } from ${JSON.stringify(join(import.meta.dirname, 'engine.ts'))}
    await dockerEngine({ socketPath: ${JSON.stringify(socketPath)} }).facts().catch((error) => console.log(error.code, error.remedy))`
    const said = execFileSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
      uid: 65534,
      gid: 65534,
      encoding: 'utf8',
    })
    assert.match(said, /^ENGINE_UNREACHABLE run Anneal as root/)
  },
)
