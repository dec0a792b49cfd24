import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  consoleBytes,
  guestLife,
  guestPid,
  makeBridge,
  runLibvirt,
  startGuest,
  ticks,
  virsh,
  waitForPing,
  waitForTicks,
} from '../../../../lab/index.ts'
import type { Guest, NestedEngine, RunResult } from '../../../../lab/index.ts'
import type { RunReport } from '../../../../src/runtime/node/index.ts'
import { ComputeNode } from './compute-node.ts'
import type { Alive, Status } from './compute-node.ts'
import { assertNothingLost } from './nothing-lost.ts'

const RECOVER_UNIT = '/opt/anneal/packaging/anneal-recover.service'

/**
 * What an upgrade does on a real engine with real guests, from the first deployment to a power cut. One host, and one
 * story: each test goes on from where the one before left the node.
 */
export function upgradeBehaviour(engine: NestedEngine): void {
  describe(`upgrades on ${engine}`, { concurrency: false }, () => {
    const life = guestLife(1)
    let node: ComputeNode
    let old: Guest
    let young: Guest
    let guests: readonly Alive[] = []
    const file: Record<'inherited' | 'one' | 'two' | 'bad', string> = {
      inherited: '',
      one: '',
      two: '',
      bad: '',
    }

    before(async () => {
      node = await ComputeNode.up({ name: `upgrade-${engine}`, engine }, engine)
      file.one = await node.lock({ mark: 'one', libvirt: 'bookworm' })
      file.two = await node.lock({ mark: 'two', libvirt: 'bookworm-backports' })
      const nonexistent = '[libvirtd, --config, /nonexistent]'
      file.bad = await node.lock({ mark: 'bad', libvirt: 'bookworm', command: nonexistent })
    })
    after(async () => {
      await node.down()
    })

    async function assertGuestsUntouched(): Promise<void> {
      for (const guest of guests) await node.assertUntouched(guest)
    }

    async function assertRelease(mark: string, status: Status): Promise<void> {
      const names = status.services.map(({ container }) => container)
      const running = await node.host.must([engine, 'ps', '--format', '{{.Names}}'])
      assert.deepEqual(running.split('\n').filter(Boolean).toSorted(), names.toSorted())
      const libvirt = names.find((name) => name.includes('libvirt')) ?? ''
      const label = '{{index .Config.Labels "test.release"}}'
      assert.equal((await node.host.must([engine, 'inspect', '--format', label, libvirt])).trim(), mark)
    }

    test('an inherited container is refused unless it is adopted, with an endangered guest unless by --rescue', async () => {
      await runLibvirt(node.host, {
        name: 'nova_libvirt',
        image: 'nova-libvirt:bookworm',
        engine,
        without: ['cgroup bind'],
        // The hook of the shipped image would place the guest outside by itself.
        extra: ['--volume', '/dev/null:/etc/libvirt/hooks/qemu'],
      })
      const inherited = await startGuest(node.host, {
        name: `${engine}-inherited`,
        via: 'nova_libvirt',
        engine,
      })
      const alive = await node.alive(inherited)
      const untouched = await node.containers()
      // A container that is not there is no answer, least of all that nobody dies with it.
      const mistyped = await node.anneal(['node', 'kill-set', 'nova-libvirt'])
      assert.equal(mistyped.exitCode, 2)
      assert.match(mistyped.stderr, /CONTAINER_UNKNOWN.*nova_libvirt/)
      await node.expect(3, 'node', 'kill-set', (await node.host.must([engine, 'ps', '--quiet'])).trim())
      const beside = await node.expect<RunReport>(4, 'node', 'upgrade', file.one)
      assert.equal(beside.reason?.code, 'SERVICE_RUNS_BESIDE')
      assert.match(beside.reason?.remedy ?? '', /--adopt libvirt=nova_libvirt/)
      assert.deepEqual(await node.containers(), untouched, 'nothing is deployed beside it')
      const adopt = ['--adopt', 'libvirt=nova_libvirt']
      const refused = await node.expect<RunReport>(3, 'node', 'upgrade', file.one, ...adopt)
      assert.equal(refused.reason?.code, 'GUESTS_ENDANGERED')
      assert.ok((refused.reason?.remedy ?? '').length > 0)
      assert.deepEqual(await node.containers(), untouched, 'nothing was touched')
      const deployed = await node.expect<RunReport>(0, 'node', 'upgrade', file.one, ...adopt, '--rescue')
      assert.equal(deployed.outcome, 'committed')
      guests = [alive]
      await assertGuestsUntouched()
      await assertRelease('one', await node.assertAtRest())
      await virsh(node.host, await node.container(), ['destroy', inherited.name], { engine })
      guests = []
    })

    test('the same release again has nothing to do', async () => {
      const untouched = await node.containers()
      await node.expect(0, 'node', 'upgrade', file.one)
      assert.deepEqual(await node.containers(), untouched)
    })

    test('libvirt 9.0 → 11.3 with a live guest: same process, no write or tick lost, it answers pings, its console log goes on', async (t) => {
      const via = await node.container()
      await makeBridge(node.host)
      old = await startGuest(node.host, { name: `${engine}-old`, via, engine, console: 'logd', life })
      guests = [await node.alive(old)]
      await waitForPing(node.host, life.address)
      const report = await assertNothingLost(t, node.host, old.name, life, 'reachable', () =>
        node.expect<RunReport>(0, 'node', 'upgrade', file.two),
      )
      assert.equal(report.outcome, 'committed')
      assert.deepEqual(
        report.guests.map((guest) => [guest.name, guest.alive]),
        [[old.name, true]],
      )
      await assertGuestsUntouched()
      await assertRelease('two', await node.assertAtRest())
      const logged = await consoleBytes(node.host, old.name)
      await waitForConsole(old, logged)
      const version = await virsh(node.host, await node.container(), ['version', '--daemon'], { engine })
      assert.match(version.stdout, /daemon: 11\.3/)
      t.diagnostic(`outage ${report.outage?.longestGapMs} ms`)
    })

    test('a rollback to 9.0 keeps a guest that was started under 11.3', async (t) => {
      young = await startGuest(node.host, {
        name: `${engine}-young`,
        via: await node.container(),
        engine,
        console: 'logd',
      })
      guests = [...guests, await node.alive(young)]
      const report = await assertNothingLost(t, node.host, old.name, life, 'reachable', () =>
        node.expect<RunReport>(0, 'node', 'rollback'),
      )
      assert.equal(report.outcome, 'committed')
      assert.equal(report.guests.length, 2)
      await assertGuestsUntouched()
      await assertRelease('one', await node.assertAtRest())
      const version = await virsh(node.host, await node.container(), ['version', '--daemon'], { engine })
      assert.match(version.stdout, /daemon: 9\.0/)
      for (const command of ['suspend', 'resume']) {
        const done = await virsh(node.host, await node.container(), [command, young.name], { engine })
        assert.equal(done.exitCode, 0, `${command} of ${young.name} under 9.0: ${done.stderr}`)
      }
      await assertGuestsUntouched()
      t.diagnostic(`outage ${report.outage?.longestGapMs} ms`)
    })

    test('a release whose libvirt does not start is rolled back', async (t) => {
      const report = await node.expect<RunReport>(6, 'node', 'upgrade', file.bad)
      assert.equal(report.outcome, 'rolledBack')
      assert.equal(report.reason?.code, 'SERVICE_NOT_READY')
      assert.ok((report.reason?.remedy ?? '').length > 0)
      await assertGuestsUntouched()
      await assertRelease('one', await node.assertAtRest())
      t.diagnostic(`libvirt away for ${report.outage?.longestGapMs} ms`)
    })

    if (engine === 'podman') {
      test('a libvirt whose conmon was killed is upgraded, comes back, and is created again once it has ended', async () => {
        const killConmon = async (): Promise<string> => {
          const name = await node.container()
          await node.host.sh(`kill -9 $(podman inspect -f '{{.State.ConmonPid}}' ${name})`)
          return name
        }
        await killConmon()
        await node.expect(6, 'node', 'upgrade', file.bad)
        await assertGuestsUntouched()
        await assertRelease('one', await node.assertAtRest())
        const name = await killConmon()
        await node.host.sh(`kill -9 $(podman inspect -f '{{.State.Pid}}' ${name})`)
        assert.match(await node.host.must(['podman', 'ps', '--format', '{{.Names}}']), new RegExp(name))
        const { breaches } = await node.expect<Status>(7, 'node', 'status')
        assert.equal(breaches.length, 1, 'Podman calls it running')
        await node.expect(0, 'node', 'recover')
        await assertGuestsUntouched()
        await assertRelease('one', await node.assertAtRest())
      })
    }

    test('an upgrade goes on when nobody reads what it says, and comes to rest when its terminal is lost', async (t) => {
      const gone = await upgradeAndThen(file.two, 'exec 3<&-')
      assert.equal(gone.exitCode, 0, gone.stderr)
      await assertGuestsUntouched()
      await assertRelease('two', await node.assertAtRest())

      const hungUp = await upgradeAndThen(file.one, 'kill -HUP $tool; exec 3<&-')
      await assertGuestsUntouched()
      const status = await node.assertAtRest()
      await assertRelease(await markOf(), status)
      t.diagnostic(`hung up within the switch: exit code ${hungUp.exitCode}, now on ${await markOf()}`)
      await node.expect(0, 'node', 'upgrade', file.one)
      await assertGuestsUntouched()
      await assertRelease('one', await node.assertAtRest())
    })

    test('a power cut at rest: recover brings the release up', async () => {
      await cutPower()
      await node.expect(0, 'node', 'recover')
      await assertRelease('one', await node.assertAtRest())
    })

    test('a power cut within the switch: recover goes on to one whole release', async (t) => {
      const killedAt = await killedUpgrade(file.two)
      await cutPower()
      const recovery = await node.expect<{ report?: RunReport }>(0, 'node', 'recover')
      const status = await node.assertAtRest()
      const mark = recovery.report?.outcome === 'committed' ? 'two' : 'one'
      await assertRelease(mark, status)
      const again = await node.expect<{ actions: unknown[] }>(0, 'node', 'recover')
      assert.deepEqual(again.actions, [])
      t.diagnostic(`killed after ${killedAt.slice(0, 80)}…: ${recovery.report?.outcome}`)
    })

    test('with anneal-recover.service enabled a node comes up by itself', async () => {
      await node.host.sh(
        `install -m 644 ${RECOVER_UNIT} /etc/systemd/system/; systemctl daemon-reload; systemctl enable anneal-recover.service`,
      )
      await killedUpgrade((await markOf()) === 'one' ? file.two : file.one)
      await cutPower()
      // A starting unit is waited for; one that has run stays active.
      const state = await node.host.sh(
        'for n in $(seq 600); do s=$(systemctl is-active anneal-recover.service || true); [ "$s" = activating ] || [ "$s" = inactive ] || break; sleep 0.2; done; echo "$s"; journalctl -u anneal-recover.service --no-pager | tail -n 20',
        { timeoutMs: 150_000 },
      )
      assert.equal(state.split('\n')[0], 'active', state)
      await assertRelease(await markOf(), await node.assertAtRest())
    })

    async function markOf(): Promise<string> {
      const label = '{{index .Config.Labels "test.release"}}'
      const name = await node.container()
      return (await node.host.must([engine, 'inspect', '--format', label, name])).trim()
    }

    async function cutPower(): Promise<void> {
      await node.host.reboot('power cut')
      for (const guest of guests) assert.equal(await guestPid(node.host, guest.name), 0)
      guests = []
    }

    /** An upgrade that gets SIGKILL after four effects of the switch: the old libvirt is going or gone. */
    async function killedUpgrade(target: string): Promise<string> {
      const script = `exec 3< <(exec /opt/anneal/anneal node upgrade ${target} --progress=jsonl --json 2>&1 >/dev/null)
        tool=$! seen=0
        while read -r line <&3; do
          case $line in *'"event":"happened"'*'"state":"switching"'*) seen=$((seen + 1)) ;; esac
          [ $seen -lt 4 ] || { kill -KILL $tool; echo "$line"; exit 0; }
        done
        echo "the upgrade ended first: $line" >&2; exit 1`
      const env = { ANNEAL_ENGINE: engine, NO_COLOR: '1' }
      return (await node.host.sh(script, { env, timeoutMs: 200_000 })).trim()
    }

    /** An upgrade, and what is done once its switch has begun; its exit code. */
    async function upgradeAndThen(target: string, then: string): Promise<RunResult> {
      const script = `exec 3< <(exec /opt/anneal/anneal node upgrade ${target} --progress=jsonl 2>&1 >/dev/null)
        tool=$!
        while read -r line <&3; do
          case $line in *'"event":"happened"'*'"state":"switching"'*) ${then}; wait $tool; exit $? ;; esac
        done
        echo "the upgrade ended first: $line" >&2; exit 99`
      const env = { ANNEAL_ENGINE: engine, NO_COLOR: '1' }
      const result = await node.host.exec(['bash', '-c', script], { env, timeoutMs: 200_000 })
      assert.notEqual(result.exitCode, 99, result.stderr)
      return result
    }

    async function waitForConsole(guest: Guest, bytes: number): Promise<void> {
      for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
        if ((await consoleBytes(node.host, guest.name)) > bytes) return
        await waitForTicks(node.host, guest.name, 10, (await ticks(node.host, guest.name)).length)
      }
      assert.fail(`the console log of ${guest.name} stands at ${bytes} bytes`)
    }
  })
}
