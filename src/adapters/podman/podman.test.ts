import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { plainSpec } from '../containers/index.ts'
import { isAnnealError } from '../../core/index.ts'
import type { ContainerSpec } from '../../ports/index.ts'
import { containerFromPodman } from './container-facts.ts'
import type { PodmanInspect } from './container-facts.ts'
import { createBody } from './create-body.ts'
import { podmanEngine } from './engine.ts'

const PODMAN = { canUpdate: true, pids: { controller: 'present', runtime: undefined } } as const

const spec: ContainerSpec = plainSpec({
  name: 'libvirt',
  image: 'img',
  securityOpt: [
    'label=disable',
    'apparmor:unconfined',
    'seccomp=unconfined',
    'no-new-privileges',
    'systempaths=unconfined',
  ],
  devices: ['/dev/kvm'],
  networkMode: 'host',
  restartPolicy: 'always',
})

test('a specification becomes a SpecGenerator', () => {
  const body = createBody(
    {
      ...spec,
      stopSignal: 'SIGRTMIN+3',
      pidMode: 'container:x',
      networkMode: 'front',
      logDriver: 'json-file',
    },
    PODMAN,
  )
  assert.equal(body['stop_signal'], 37)
  assert.deepEqual(body['pidns'], { nsmode: 'container', value: 'x' })
  assert.deepEqual(body['netns'], { nsmode: 'bridge' })
  assert.deepEqual(body['networks'], { front: {} })
  assert.deepEqual(body['selinux_opts'], ['disable'])
  assert.equal(body['apparmor_profile'], 'unconfined')
  assert.equal(body['seccomp_profile_path'], 'unconfined')
  assert.equal(body['no_new_privileges'], true)
  assert.deepEqual(body['unmask'], ['ALL'])
  assert.deepEqual(body['log_configuration'], { driver: 'k8s-file', options: {} })
  assert.deepEqual(createBody(spec, PODMAN)['netns'], { nsmode: 'host' })
  assert.ok(!('networks' in createBody(spec, PODMAN)))
})

test('a restart policy is left for later where it can be changed, else given in the harmless form', () => {
  assert.equal(createBody(spec, PODMAN)['restart_policy'], 'no')
  assert.equal(createBody(spec, { ...PODMAN, canUpdate: false })['restart_policy'], 'on-failure')
  assert.equal(
    createBody({ ...spec, restartPolicy: 'no' }, { ...PODMAN, canUpdate: false })['restart_policy'],
    'no',
  )
})

const observed = { record: undefined, program: undefined, cgroupnsMode: 'host', canUpdate: false } as const
const inspect: PodmanInspect = {
  Id: 'i',
  Name: 'n',
  Image: 'abc',
  State: {
    Status: 'running',
    Pid: 5,
    StartedAt: '2026-01-01T00:00:00Z',
    CgroupPath: '/libpod_parent/libpod-i',
  },
  Config: { Cmd: ['-a', 'b c'], StopSignal: 3 },
  HostConfig: { RestartPolicy: { Name: 'on-failure' } },
  Path: 'sh',
  Args: ['-a', 'b c'],
}

test('entrypoint and command are separated although Podman 4 joins them', () => {
  const read = (changes: Partial<PodmanInspect>) => {
    const { entrypoint, command } = containerFromPodman({ ...inspect, ...changes }, observed)
    return [entrypoint, command]
  }
  assert.deepEqual(read({}), [['sh'], ['-a', 'b c']])
  assert.deepEqual(read({ Path: '-a', Args: ['b c'] }), [[], ['-a', 'b c']])
  assert.deepEqual(read({ Config: { Cmd: null } }), [['sh', '-a', 'b c'], []])
  assert.deepEqual(read({ Path: '/dev/init', Args: ['--', 'sh', '-a', 'b c'], HostConfig: { Init: true } }), [
    ['sh'],
    ['-a', 'b c'],
  ])
})

test('numbers and short ids become what the port has', () => {
  const container = containerFromPodman(inspect, observed)
  assert.equal(container.imageId, 'sha256:abc')
  assert.equal(container.stopSignal, 'SIGQUIT')
  assert.equal(container.engineCgroup, '/libpod_parent/libpod-i')
  assert.equal(
    containerFromPodman({ ...inspect, Config: { StopSignal: 'SIGINT' } }, observed).stopSignal,
    'SIGINT',
  )
})

test('a policy that cannot be taken back is no policy once the container is down', () => {
  const down: PodmanInspect = { ...inspect, State: { Status: 'exited' } }
  assert.equal(containerFromPodman(inspect, observed).restartPolicy, 'on-failure')
  assert.equal(containerFromPodman(down, observed).restartPolicy, 'no')
  assert.equal(containerFromPodman(down, { ...observed, canUpdate: true }).restartPolicy, 'on-failure')
})

test('states of Podman alone are read as the nearest of the port', () => {
  const status = (name: string) =>
    containerFromPodman({ ...inspect, State: { Status: name, Pid: 9 } }, observed)
  assert.equal(status('configured').status, 'created')
  assert.equal(status('stopping').status, 'running')
  assert.equal(status('stopped').status, 'exited')
  assert.equal(status('stopped').pid, 0)
  assert.equal(status('what').status, 'dead')
})

test('a container without its conmon counts by its first process', () => {
  const read = (Status: string, unwatched: 'runs' | 'ended') => {
    const {
      status,
      pid,
      unwatched: said,
    } = containerFromPodman({ ...inspect, State: { Status, Pid: 9 } }, { ...observed, unwatched })
    return [status, pid, said]
  }
  assert.deepEqual(read('running', 'runs'), ['running', 9, true])
  assert.deepEqual(read('running', 'ended'), ['dead', 0, true])
  assert.deepEqual(read('stopping', 'ended'), ['dead', 0, true])
  // Every container that has ended has no conmon any more.
  assert.deepEqual(read('exited', 'ended'), ['exited', 0, undefined])
})

test(
  'a Podman that is not installed says how to install it',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async (t) => {
    const runDir = mkdtempSync(join(tmpdir(), 'anneal-podman-'))
    t.after(() => rmSync(runDir, { recursive: true }))
    const engine = podmanEngine({ binary: '/no/such/podman', runDir })
    await assert.rejects(engine.facts(), (error) => {
      assert.ok(isAnnealError(error, 'ENGINE_UNREACHABLE'))
      assert.match(error.remedy, /apt-get install podman/)
      return true
    })
    assert.deepEqual(readdirSync(runDir), [])
  },
)

test(
  'a Podman that ends at once is quoted',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async (t) => {
    const runDir = mkdtempSync(join(tmpdir(), 'anneal-podman-'))
    t.after(() => rmSync(runDir, { recursive: true }))
    const binary = `${runDir}/broken`
    writeFileSync(binary, '#!/bin/sh\necho "Error: no storage" >&2\nexit 125\n', { mode: 0o755 })
    await assert.rejects(podmanEngine({ binary, runDir }).facts(), /Error: no storage/)
  },
)
