import { setTimeout as sleep } from 'node:timers/promises'
import {
  Host,
  runLibvirt,
  startControl,
  startGuest,
  tickGaps,
  ticks,
  virsh,
  waitForTicks,
} from '../lab/index.ts'
import { formatDuration } from '../src/core/index.ts'
import type { RunReport } from '../src/runtime/node/index.ts'
import { SERVICE_DOWN_SECONDS, watchNova } from './nova-watch.ts'
import { DemoNode } from './node.ts'
import { DemoFailure, Story, expect } from './story.ts'

/**
 * `npm run demo`: a real compute node on this machine, from an inherited libvirt container with an endangered guest to
 * upgrades and rollbacks over a libvirt and QEMU version, with two real guests ticking through all of it.
 */
const IMAGES = [
  'nova-libvirt:bookworm',
  'nova-libvirt:bookworm-backports',
  'nova-compute:bookworm',
  'network-agent:bookworm',
  'control:bookworm',
]

const story = new Story()

async function main(): Promise<void> {
  story.chapter('A compute host comes up (packages and images are made where they are missing)')
  const host = await Host.up({
    name: 'demo',
    init: 'systemd',
    engine: 'docker',
    machined: true,
    images: IMAGES,
  })
  try {
    await tell(host, new DemoNode(host, story))
  } finally {
    story.chapter('Tear-down')
    await host.down()
    story.say('nothing is left but the images')
  }
}

async function tell(host: Host, node: DemoNode): Promise<void> {
  const control = startControl(host)
  await node.writeConfiguration()

  story.chapter('An inherited node: libvirt in a container as it is often run, and a guest in it')
  await runLibvirt(host, {
    name: 'nova_libvirt',
    image: 'nova-libvirt:bookworm',
    stdioHandler: 'file',
    without: ['cgroup bind'],
  })
  // The releases are locked while it boots.
  const [first, { one, two, bad }] = await Promise.all([
    startGuest(host, { name: 'inherited', via: 'nova_libvirt', console: 'file' }),
    lockReleases(node),
  ])
  story.say(`guest "inherited" boots a Debian kernel in QEMU (pid ${first.pid}) and ticks every 20 ms`)
  const doctor = await node.anneal<{ findings: { code: string }[] }>('node', 'doctor')
  story.fact('doctor found', [...new Set(doctor.value.findings.map(({ code }) => code))].join(', '))

  story.chapter('Release one would kill the guest: it is refused, then the guest is rescued')
  const adopt = ['--adopt', 'libvirt=nova_libvirt']
  const refused = await node.run(3, 'node', 'upgrade', one, ...adopt)
  story.fact('upgrade without --rescue', `refused (${refused.reason?.code}), nothing touched`)
  story.say(`control plane (RabbitMQ, nova-conductor, placement) ready after ${(await control).toFixed(1)} s`)
  const deployed = await node.run(0, 'node', 'upgrade', one, ...adopt, '--rescue')
  story.fact('upgrade with --rescue', `${deployed.outcome}; ${guestsOf(deployed)}`)
  const via = await libvirtContainer(host)
  const second = await startGuest(host, { name: 'second', via, console: 'logd' })
  story.say(`guest "second" starts under release one (pid ${second.pid}), outside every container`)

  story.chapter('Release two: libvirt 9.0 → 11.3, QEMU 7.2 → 10.0, all services replaced')
  const before = (await ticks(host, 'second')).length
  const nova = watchNova(host)
  const upgraded = await node.run(0, 'node', 'upgrade', two)
  const seen = await nova.stop()
  await waitForTicks(host, 'second', 20, (await ticks(host, 'second')).length)
  const during = tickGaps((await ticks(host, 'second')).slice(before))
  story.fact('upgrade to release two', `${upgraded.outcome}; ${guestsOf(upgraded)}`)
  story.fact('libvirt API outage', formatDuration(upgraded.outage?.longestGapMs ?? 0))
  story.fact(
    'guest ticks through it',
    `${during.lost} lost, longest gap ${during.longestMs.toFixed(0)} ms (a tick is 20 ms)`,
  )
  story.fact(
    'on the way back',
    `libvirt 9.0 ${upgraded.admissibility?.back.readability ?? '?'} (${upgraded.admissibility?.back.unknownFlags.length ?? 0} flags it does not know)`,
  )
  story.fact(
    'Nova saw the compute service',
    seen.disabledSeconds === 0 && seen.longestSilenceSeconds < SERVICE_DOWN_SECONDS
      ? `up all the time; longest silence ${seen.longestSilenceSeconds.toFixed(1)} s of ${SERVICE_DOWN_SECONDS} (${seen.samples} samples)`
      : `disabled for ${seen.disabledSeconds.toFixed(1)} s, silent for ${seen.longestSilenceSeconds.toFixed(1)} s`,
  )

  story.chapter('A bad release: its libvirt does not start. It is rolled back by itself')
  const failed = await node.run(6, 'node', 'upgrade', bad)
  story.fact('bad release', `${failed.outcome} (${failed.reason?.code}); ${guestsOf(failed)}`)
  story.fact('back on the old release in', formatDuration(timeIn(failed, 'rollingBack')))

  story.chapter('Rolled back by hand, over the libvirt version: no pull, no create')
  const rolled = await node.run(0, 'node', 'rollback')
  story.fact(
    'rollback by hand',
    `${rolled.outcome}, libvirt away for ${formatDuration(rolled.outage?.longestGapMs ?? 0)}; ${guestsOf(rolled)}`,
  )

  story.chapter('What libvirt 9.0 says of guests that 11.3 has run')
  const list = await virsh(host, await libvirtContainer(host), ['list', '--all'])
  story.say(list.stdout)
  for (const guest of [first, second]) {
    const now = await virsh(host, await libvirtContainer(host), ['domstate', guest.name])
    expect(now.stdout.trim() === 'running', `guest ${guest.name} is ${now.stdout.trim()}`)
  }
  await sleep(1000)
  for (const guest of [first, second]) {
    const gaps = tickGaps(await ticks(host, guest.name))
    expect(gaps.lost === 0, `guest ${guest.name} lost ${gaps.lost} ticks`)
    story.fact(
      `guest "${guest.name}"`,
      `same process from start to end, ${(await ticks(host, guest.name)).length} ticks, ${gaps.lost} lost`,
    )
  }
  await Promise.all([node.anneal('node', 'status'), node.anneal('node', 'history')])
}

/** Each is the shipped example, with one libvirt or the other; the last one with a libvirt that does not start. */
async function lockReleases(node: DemoNode): Promise<Readonly<{ one: string; two: string; bad: string }>> {
  const one = await node.lockRelease('one', 'bookworm')
  const two = await node.lockRelease('two', 'bookworm-backports')
  const bad = await node.lockRelease('bad', 'bookworm', (text) =>
    text.replace('command: [libvirtd]', 'command: [libvirtd, --config, /nonexistent]'),
  )
  return { one, two, bad }
}

function guestsOf(report: RunReport): string {
  const alive = report.guests.filter((guest) => guest.alive).length
  expect(alive === report.guests.length, `only ${alive} of ${report.guests.length} guests live`)
  return `${alive} of ${report.guests.length} guests alive, same pid`
}

function timeIn(report: RunReport, state: string): number {
  return report.timings.filter((timing) => timing.state === state).reduce((sum, timing) => sum + timing.ms, 0)
}

async function libvirtContainer(host: Host): Promise<string> {
  const names = await host.must([
    'docker',
    'ps',
    '--format',
    '{{.Names}}',
    '--filter',
    'label=io.anneal.service=libvirt',
  ])
  const name = names.trim().split('\n')[0] ?? ''
  expect(name !== '', 'no libvirt container runs')
  return name
}

try {
  await main()
  process.stdout.write(story.table())
} catch (error) {
  if (!(error instanceof DemoFailure)) throw error
  process.stderr.write(`\nthe demo failed: ${error.message}\n`)
  process.exitCode = 1
}
