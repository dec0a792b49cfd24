import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { guestPid, runLibvirt, startGuest, virsh } from '../../../lab/index.ts'
import type { RunReport } from '../../../src/runtime/node/index.ts'
import { ComputeNode } from './support/compute-node.ts'
import type { Alive } from './support/compute-node.ts'

type Findings = Readonly<{ findings: readonly Readonly<{ code: string; subject: string }>[] }>
type Guests = Readonly<{ guests: readonly Readonly<{ name: string; work: readonly string[] }>[] }>
type KillSets = Readonly<{
  endangered: readonly Readonly<{ kind: string; name: string; pid: number }>[]
  census: Readonly<{ guests: readonly Readonly<{ witnesses: readonly string[] }>[] }>
}>

/** What NixOS ships: the emulator is a script, and what it executes has a name of its own. */
const WRAPPER = '/usr/bin/emulator'
const WRAPPED = '/usr/bin/.wrapped-hypervisor'

describe('a guest whose emulator runs QEMU under another file name', { concurrency: false }, () => {
  const engine = 'docker'
  let node: ComputeNode
  let release: string
  let next: string
  let guest: Alive

  before(async () => {
    node = await ComputeNode.up({ name: 'renamed-emulator', engine }, engine)
    release = await node.lock({ mark: 'one', libvirt: 'bookworm' })
    next = await node.lock({ mark: 'two', libvirt: 'bookworm' })
    await runLibvirt(node.host, {
      name: 'nova_libvirt',
      image: 'nova-libvirt:bookworm',
      engine,
      without: ['cgroup bind'],
      extra: ['--volume', '/dev/null:/etc/libvirt/hooks/qemu'],
    })
    // Beside the real one: QEMU looks for its modules from where it is.
    const script = `cp /usr/bin/qemu-system-x86_64 ${WRAPPED}
      printf '#!/bin/sh\\nexec ${WRAPPED} "$@"\\n' >${WRAPPER}
      chmod 755 ${WRAPPER}`
    await node.host.must([engine, 'exec', 'nova_libvirt', 'sh', '-euc', script])
    const started = await startGuest(node.host, {
      name: 'renamed',
      via: 'nova_libvirt',
      engine,
      emulator: WRAPPER,
    })
    guest = await node.alive(started)
  })
  after(async () => {
    await node.down()
  })

  test('runs under that name', async () => {
    const exe = await node.host.must(['readlink', `/proc/${guest.pid}/exe`])
    assert.equal(exe.trim(), WRAPPED)
  })

  test('is endangered in its kill set, and by the doctor’s word, not gone', async () => {
    const seen = await node.expect<KillSets>(3, 'node', 'kill-set', 'nova_libvirt')
    assert.deepEqual(
      seen.endangered.map(({ kind, name, pid }) => [kind, name, pid]),
      [['guest', guest.name, guest.pid]],
    )
    assert.deepEqual(seen.census.guests[0]?.witnesses, ['commandLine', 'statusFile', 'machined'])
    const { findings } = await node.expect<Findings>(3, 'node', 'doctor')
    const codes = findings.filter(({ subject }) => subject === guest.name).map(({ code }) => code)
    assert.ok(codes.includes('GUEST_ENDANGERED'), codes.join())
    assert.ok(!codes.includes('GUEST_STALE'), codes.join())
  })

  test('is endangered by its process alone where libvirt’s files are not visible', async () => {
    const hide = 'mkdir -p /run/hidden; mv /run/libvirt/qemu/*.xml /run/hidden/'
    await node.host.sh(hide)
    try {
      const seen = await node.expect<KillSets>(3, 'node', 'kill-set', 'nova_libvirt')
      assert.deepEqual(seen.census.guests[0]?.witnesses, ['commandLine', 'machined'])
    } finally {
      await node.host.sh('mv /run/hidden/*.xml /run/libvirt/qemu/')
    }
  })

  test('stops an upgrade, and lives through one that rescues it', async () => {
    const adopt = ['--adopt', 'libvirt=nova_libvirt']
    const refused = await node.expect<RunReport>(3, 'node', 'upgrade', release, ...adopt)
    assert.equal(refused.reason?.code, 'GUESTS_ENDANGERED')
    assert.match(refused.reason?.message ?? '', new RegExp(`guest "${guest.name}" \\(pid ${guest.pid}\\)`))
    assert.equal(await guestPid(node.host, guest.name), guest.pid)
    const deployed = await node.expect<RunReport>(0, 'node', 'upgrade', release, ...adopt, '--rescue')
    assert.equal(deployed.outcome, 'committed')
    assert.deepEqual(
      deployed.guests.map(({ name, pid, alive }) => [name, pid, alive]),
      [[guest.name, guest.pid, true]],
    )
    await node.assertUntouched(guest)
    await node.assertAtRest()
  })

  test('is said to run from a file that is gone, once it is', async () => {
    await node.host.sh(`rm "/proc/${guest.pid}/root${WRAPPED}"`)
    const { findings } = await node.expect<Findings>(3, 'node', 'doctor')
    assert.ok(findings.some(({ code, subject }) => code === 'EMULATOR_REMOVED' && subject === guest.name))
  })

  test('stops an upgrade while a disk of a guest beside it is copied', async () => {
    const via = await node.container()
    const copied = await startGuest(node.host, { name: 'copied', via, engine, boots: 'sector' })
    const directory = '/var/lib/nova/instances/copied'
    // As Nova's live snapshot does it; once all is copied it waits for its end.
    const copy = ['blockcopy', copied.name, 'vda', `${directory}/copy`, '--transient-job', '--format', 'raw']
    const begun = await virsh(node.host, via, copy, { engine })
    assert.equal(begun.exitCode, 0, begun.stderr)
    const refused = await node.expect<RunReport>(4, 'node', 'upgrade', next)
    assert.equal(refused.reason?.code, 'GUEST_BUSY')
    assert.match(refused.reason?.message ?? '', /copied: .* a copy of disk vda/)
    const { guests } = await node.expect<Guests>(0, 'node', 'status')
    assert.match(guests.find(({ name }) => name === 'copied')?.work.join() ?? '', /a copy of disk vda/)
    for (const end of [
      ['blockjob', copied.name, 'vda', '--abort'],
      ['destroy', copied.name],
    ]) {
      const ended = await virsh(node.host, via, end, { engine })
      assert.equal(ended.exitCode, 0, ended.stderr)
    }
  })

  test('stops an upgrade while libvirt has lost it from sight, until libvirt sees it again', async () => {
    const file = `/run/libvirt/qemu/${guest.name}.xml`
    const restart = async (move: string): Promise<void> => {
      const via = await node.container()
      await node.host.must([engine, 'stop', via])
      await node.host.sh(move)
      await node.host.must([engine, 'start', via])
      await node.host.sh('for n in $(seq 300); do [ -S /run/libvirt/libvirt-sock ] && break; sleep 0.2; done')
    }
    await restart(`mv ${file} /run/lost.xml`)
    const refused = await node.expect<RunReport>(4, 'node', 'upgrade', next)
    assert.equal(refused.reason?.code, 'GUEST_UNLISTED')
    assert.match(refused.reason?.message ?? '', new RegExp(`pid ${guest.pid}: by its options`))
    const { findings } = await node.expect<Findings>(0, 'node', 'status')
    assert.deepEqual(
      findings.map(({ code, subject }) => [code, subject]),
      [['GUEST_UNLISTED', guest.name]],
    )
    await restart(`mv /run/lost.xml ${file}`)
    await node.assertUntouched(guest)
    const upgraded = await node.expect<RunReport>(0, 'node', 'upgrade', next)
    assert.equal(upgraded.outcome, 'committed')
    await node.assertUntouched(guest)
  })
})
