/**
 * The tick guest of one boot sector, on an ordinary compute host: what it says of itself is what tests of hosts that are
 * emulated themselves believe.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  Host,
  consoleBytes,
  consoleLogPath,
  guestFiles,
  parseTicks,
  runLibvirt,
  runVirtlogd,
  startGuest,
  tickGaps,
  tickPath,
  ticks,
  virsh,
  waitForTicks,
} from '../../../lab/index.ts'
import type { Guest } from '../../../lab/index.ts'

const IMAGE = 'nova-libvirt:bookworm'

describe('the guest of one boot sector', { concurrency: false }, () => {
  let host: Host
  let guest: Guest
  const name = 'boot-sector-vm'

  before(async () => {
    host = await Host.up({ name: 'boot-sector', init: 'systemd', engine: 'docker', images: [IMAGE] })
    await runVirtlogd(host, { name: 'virtlogd', image: IMAGE })
    await runLibvirt(host, { name: 'libvirt', image: IMAGE, stdioHandler: 'logd' })
    guest = await startGuest(host, { name, via: 'libvirt', boots: 'sector', console: 'logd' })
  })
  after(async () => {
    await host.down()
  })

  test('it is one sector with the mark of a boot sector', async () => {
    const sector = readFileSync(join((await guestFiles()).directory, 'boot-sector'))
    assert.equal(sector.length, 512)
    assert.equal(sector.readUInt16LE(510), 0xaa55)
  })

  test('it ticks every 20 ms without a gap in the numbers, by a clock that never goes back', async () => {
    await waitForTicks(host, name, 100)
    const text = await host.read(tickPath(name))
    const all = parseTicks(text)
    assert.equal(all.length, text.split('\n').length - 1, 'every line is a tick')
    assert.deepEqual(
      all.map(({ number }) => number),
      all.map((_, index) => index),
    )
    for (const [index, { microseconds }] of all.entries()) {
      assert.ok(microseconds > (all[index - 1]?.microseconds ?? -1))
    }
    const mean = ((all.at(-1)?.microseconds ?? 0) - (all[0]?.microseconds ?? 0)) / (all.length - 1)
    // Late ticks come together, so a busy machine has fewer of them; no machine has more.
    assert.ok(mean > 19_000, `${mean} µs between ticks`)
  })

  test('a process that is held shows as a gap in the times, and loses no tick', async () => {
    const seen = (await ticks(host, name)).length
    await host.sh(`kill -STOP ${guest.pid}; sleep 0.5; kill -CONT ${guest.pid}`)
    await waitForTicks(host, name, 10, seen)
    const gaps = tickGaps((await ticks(host, name)).slice(seen))
    assert.equal(gaps.lost, 0)
    assert.ok(gaps.longestMs >= 450, `${gaps.longestMs} ms`)
  })

  test('its console says a line a second through virtlogd, and nobody there holds up its ticks', async () => {
    const bytes = await consoleBytes(host, name)
    const size = `$(stat -c %s ${consoleLogPath(name)})`
    await host.sh(`for n in $(seq 300); do [ ${size} -gt ${bytes} ] && exit 0; sleep 0.1; done; exit 1`)
    assert.match(await host.read(consoleLogPath(name)), /^(alive \d+\r\n)+/)
    // What writes the console stands still: QEMU's pipe to it fills up, the ticks have a way of their own.
    const virtlogd = (await host.sh('pgrep -x virtlogd')).trim()
    await host.sh(`kill -STOP ${virtlogd}`)
    await waitForTicks(host, name, 100, (await ticks(host, name)).length)
    await host.sh(`kill -CONT ${virtlogd}`)
  })

  test('libvirt saves and restores it: the numbers go on where they were', async () => {
    const image = '/var/lib/nova/boot-sector.saved'
    const on = async (...argv: string[]): Promise<void> => {
      const result = await virsh(host, 'libvirt', argv)
      assert.equal(result.exitCode, 0, result.stderr)
    }
    await on('save', name, image)
    const saved = await ticks(host, name)
    await on('restore', image)
    await waitForTicks(host, name, 20, saved.length)
    const all = await ticks(host, name)
    assert.equal(tickGaps(all).lost, 0)
    assert.ok((all.at(saved.length)?.microseconds ?? 0) > (saved.at(-1)?.microseconds ?? 0))
  })
})
