import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { REPOSITORY, run, startContainerd } from '../../../lab/index.ts'
import type { Containerd } from '../../../lab/index.ts'
import { criEngine } from '../../../src/adapters/cri/index.ts'
import { POD_CAUSES } from '../../matrix/pods/causes.ts'
import { guestPrograms } from '../../matrix/pods/guests.ts'
import { makePod } from '../../matrix/pods/pod.ts'
import type { Pod } from '../../matrix/pods/pod.ts'
import { runRound } from '../../matrix/pods/round.ts'
import { missing } from './bed.ts'

const GUEST = '6a8bd5b6-1c2e-4f6d-9d0a-0f6a54c6c001'

const absent = missing(['containerd', 'ctr', 'runc', 'busybox'])

describe('pods of a real containerd', { skip: absent ?? false }, () => {
  let directory: string
  let containerd: Containerd
  let programs: string
  let pod: Pod

  const anneal = (...argv: readonly string[]) => {
    const engine = ['--engine', 'containerd', '--engine-socket', containerd.socket]
    const state = ['--state', join(directory, 'state')]
    return run([join(REPOSITORY, 'anneal'), 'node', ...argv, ...engine, ...state])
  }

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'pods-'))
    containerd = await startContainerd({
      directory: join(directory, 'c'),
      runtime: 'runc',
      driver: 'cgroupfs',
    })
    programs = await guestPrograms(directory)
    pod = await makePod(containerd, {
      pidMode: 'hostPID',
      driver: 'cgroupfs',
      programs,
      inside: [GUEST],
      sessions: [],
    })
  })

  after(async () => {
    await containerd.close()
    rmSync(directory, { recursive: true, force: true })
  })

  test('the pods, containers and first processes are those that containerd itself names', async () => {
    const engine = criEngine({ socketPath: containerd.socket })
    const found = await engine.listContainers({})
    const tasks = new Map(
      (await containerd.ctr(['task', 'ls']))
        .split('\n')
        .slice(1)
        .map((line) => line.split(/\s+/))
        .filter(([id]) => id !== undefined && id !== '')
        .map(([id, pid]) => [id, Number(pid)]),
    )
    assert.deepEqual(new Map(found.map((one) => [one.id, one.pid])), tasks)
    assert.deepEqual(found.map(({ name }) => name).toSorted(), [
      pod.name,
      `${pod.name}/beside`,
      `${pod.name}/libvirt`,
    ])
    const libvirt = await engine.inspectContainer(`${pod.name}/libvirt`)
    assert.deepEqual(
      [libvirt?.pidMode, libvirt?.runtimeFamily, libvirt?.cgroupDriver, libvirt?.pod?.cgroup],
      ['host', 'runc', 'cgroupfs', pod.cgroup],
    )
    assert.deepEqual(libvirt, await engine.inspectContainer(pod.libvirt.slice(0, 12)))
    // What runc wrote down is found: the kill rules go by it.
    assert.equal(libvirt?.cgroupPaths?.['devices'], `${pod.cgroup}/${pod.libvirt}`)
    const images = await containerd.ctr(['images', 'ls', '-q'])
    assert.ok(images.includes(libvirt?.imageId ?? 'none'), `${libvirt?.imageId} is none of:\n${images}`)
    const facts = await engine.facts()
    assert.equal(facts.kind, 'containerd')
    assert.match(
      (await run(['containerd', '--version'])).stdout,
      new RegExp(facts.version.replaceAll('.', '\\.')),
    )
  })

  test('an image is found by its name, and one that is not there is not', async () => {
    const engine = criEngine({ socketPath: containerd.socket })
    const image = await engine.inspectImage('localhost/anneal/pod:1')
    assert.match(image?.id ?? '', /^sha256:[0-9a-f]{64}$/)
    assert.ok((image?.sizeBytes ?? 0) > 1_000_000)
    assert.equal(await engine.inspectImage('localhost/anneal/none:1'), undefined)
  })

  test('the kill set names the guest with the container and with the pod, and ends with 3', async () => {
    const all = await anneal('kill-set')
    assert.equal(all.exitCode, 3, all.stderr)
    for (const name of [pod.name, `${pod.name}/libvirt`])
      assert.match(all.stdout, new RegExp(`^${name}:`, 'm'))
    assert.match(all.stdout, /endangered.* guest 6a8bd5b6/)
    assert.doesNotMatch(all.stdout, /anneal node rescue/)
    const { census } = JSON.parse((await anneal('kill-set', pod.name, '--json')).stdout) as {
      census: { guests: { uuid: string; ownerContainer?: string }[] }
    }
    const guest = census.guests.find(({ uuid }) => uuid === GUEST)
    assert.equal(guest?.ownerContainer, pod.libvirt)
    const beside = await anneal('kill-set', `${pod.name}/beside`)
    assert.doesNotMatch(beside.stdout, /endangered/)
    const unknown = await anneal('kill-set', 'openstack/none', '--json')
    assert.match(unknown.stdout + unknown.stderr, /CONTAINER_UNKNOWN/)
  })

  test('the doctor says which pod a guest ends with', async () => {
    const { exitCode, stdout } = await anneal('doctor', '--json')
    assert.equal(exitCode, 3)
    const { findings } = JSON.parse(stdout) as { findings: { code: string; evidence: string }[] }
    const endangered = findings.filter(({ code }) => code === 'GUEST_ENDANGERED')
    assert.equal(endangered.length, 1)
    assert.ok(endangered[0]?.evidence.includes(`dies with pod "${pod.name}"`), endangered[0]?.evidence)
    assert.ok(findings.some(({ code }) => code === 'NODE_OF_PODS'))
  })

  test('whatever would change a pod is refused before anything is done', async () => {
    for (const argv of [
      ['plan', 'compose.yaml'],
      ['upgrade', 'compose.yaml'],
      ['rollback'],
      ['rescue'],
      ['recover'],
      ['adopt', 'compose.yaml'],
      ['import', '--running'],
      ['lock', 'compose.yaml'],
    ]) {
      const { exitCode, stdout, stderr } = await anneal(...argv)
      assert.match(stdout + stderr, /belong to pods, which this command does not change/, argv.join(' '))
      assert.equal(exitCode, 4, argv.join(' '))
    }
  })

  test('a socket that nobody serves and one without the CRI give different errors', async () => {
    const away = criEngine({ socketPath: join(directory, 'away.sock') })
    await assert.rejects(away.facts(), { code: 'ENGINE_UNREACHABLE' })
    const bare = await startContainerd({
      directory: join(directory, 'b'),
      runtime: 'runc',
      driver: 'cgroupfs',
      cri: 'disabled',
    })
    try {
      await assert.rejects(criEngine({ socketPath: bare.socket }).listContainers({}), {
        code: 'CRI_NOT_SERVED',
      })
    } finally {
      await bare.close()
    }
  })

  for (const cause of POD_CAUSES.filter(({ name }) => /^(StopContainer|StopPodSandbox)$/.test(name))) {
    for (const pidMode of ['hostPID', 'shareProcessNamespace', 'own'] as const) {
      test(`who ends by ${cause.name} with pid namespace ${pidMode} is who was named`, async (t) => {
        const state = join(directory, 'state')
        const stage = { containerd, driver: 'cgroupfs', systemd: false, programs, state } as const
        const cells = await runRound(stage, pidMode, cause)
        assert.deepEqual(
          cells.filter(({ verdict }) => verdict !== 'agree'),
          [],
        )
        assert.deepEqual(
          cells.filter(({ counted }) => counted === false),
          [],
        )
        t.diagnostic(
          `${cells.length} processes, ${cells.filter(({ happened }) => happened === 'dies').length} ended`,
        )
      })
    }
  }
})
