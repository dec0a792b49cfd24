/**
 * What a switch says by LLDP reaches the report: Debian's lldpd is the switch at the other end of a veth pair, the ramdisk's own scripts
 * listen. The witness is what lldpd says of itself.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { REPOSITORY } from '../../../lab/paths.ts'
import { parseReport } from '../../../src/conductor/index.ts'

const run = promisify(execFile)
const MAC = '52:54:00:16:11:01'

describe('LLDP', () => {
  const names = { machine: `anneal-lldp-m${process.pid}`, tor: `anneal-lldp-s${process.pid}` }
  let directory = ''
  let daemon: ChildProcess | undefined
  const inside = (name: string): string => join(directory, name)
  const onSwitch = (...words: readonly string[]) => run('ip', ['netns', 'exec', names.tor, ...words])

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'anneal-lldp-'))
    // lldpcli gives up the rights of root.
    chmodSync(directory, 0o755)
    const script = `
      ip netns add ${names.machine}
      ip netns add ${names.tor}
      ip -n ${names.machine} link add eth0 address ${MAC} type veth peer name swp7 netns ${names.tor}
      ip -n ${names.machine} link add eth1 type veth peer name swp8 netns ${names.tor}
      ip -n ${names.tor} link set swp7 up`
    await run('bash', ['-euc', script])
    const words = ['-d', '-D', 'lldpd', '-I', 'swp7', '-S', 'a switch of the test', '-u', inside('socket')]
    daemon = spawn('ip', ['netns', 'exec', names.tor, 'lldpd', ...words], { stdio: 'ignore' })
    for (let tries = 0; !existsSync(inside('socket')); tries += 1) {
      assert.ok(tries < 300 && daemon?.exitCode === null, `lldpd ended with ${daemon?.exitCode}`)
      await sleep(100)
    }
    await cli('configure', 'system', 'hostname', 'tor-7')
    await cli('configure', 'ports', 'swp7', 'lldp', 'portidsubtype', 'local', 'Ethernet 7')
    await cli('configure', 'lldp', 'tx-interval', '2')
  })
  after(async () => {
    const ended = new Promise((resolve) => (daemon === undefined ? resolve(0) : daemon.once('exit', resolve)))
    daemon?.kill('SIGTERM')
    await ended
    for (const name of Object.values(names)) await run('ip', ['netns', 'del', name])
    rmSync(directory, { recursive: true })
  })

  const cli = (...words: readonly string[]) => onSwitch('lldpcli', '-u', inside('socket'), ...words)

  /** The lines of network cards of a report, by the scripts of the deploy ramdisk. */
  async function report(until: number): Promise<string> {
    mkdirSync(inside('run'), { recursive: true })
    const script = `
      run=${inside('run')} lib=${REPOSITORY}/images/deploy-ramdisk
      . $lib/devices.sh; . $lib/lldp.sh; . $lib/report.sh
      now() { local up rest; read -r up rest </proc/uptime; echo "\${up%%.*}"; }
      rm -f $run/lldp.*
      lldp_until=$(($(now) + ${until}))
      listen_lldp eth0 eth1
      wait_for_lldp eth0
      report_nic eth0
      report_nic eth1
      stop_lldp
      wait`
    writeFileSync(inside('script'), script)
    const { stdout } = await run('ip', ['netns', 'exec', names.machine, 'busybox', 'sh', inside('script')])
    return `version 1\nfirmware bios\nmemory-mib 1\ncpus 1\n${stdout}`
  }

  test('says the switch and its port, as the switch itself does', async () => {
    const text = await report(60)
    const [first, second] = parseReport(text).nics
    const { stdout } = await cli('-f', 'json', 'show', 'chassis')
    const { 'local-chassis': local } = JSON.parse(stdout) as {
      'local-chassis': { chassis: Record<string, { id: { type: string; value: string } }> }
    }
    const [name, chassis] = Object.entries(local.chassis)[0] ?? []
    assert.deepEqual([name, chassis?.id.type], ['tor-7', 'mac'])
    assert.deepEqual(
      { ...first?.lldp, portDescription: undefined },
      { switchId: chassis?.id.value, portId: 'Ethernet 7', switchName: 'tor-7', portDescription: undefined },
    )
    assert.equal(first?.mac, MAC)
    assert.equal(second?.lldp, undefined)
  })

  test('is left out where no switch speaks, and nobody waits longer than asked', async () => {
    await cli('configure', 'lldp', 'status', 'disabled')
    await sleep(500)
    const sinceMs = performance.now()
    const [first] = parseReport(await report(3)).nics
    assert.equal(first?.lldp, undefined)
    assert.ok(performance.now() - sinceMs < 20_000)
  })
})
