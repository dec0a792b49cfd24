/**
 * The container of nova-libvirt has a script as its first process and libvirtd below it. What an engine, an operator or a
 * fault does to either must come out as if the daemon were the container.
 */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Host, runLibvirt, waitForLibvirt } from '../../../lab/index.ts'
import type { NestedEngine } from '../../../lab/index.ts'

const IMAGE = 'nova-libvirt:bookworm'
const STAND_BY_FILE = '/run/libvirt/stand-by.pid'

let host: Host

before(async () => {
  host = await Host.up({ name: 'entry-point', init: 'systemd', engine: 'both', images: [IMAGE] })
})
after(() => host.down())

for (const engine of ['docker', 'podman'] as const) {
  describe(engine, () => {
    beforeEach(async () => {
      await remove(engine)
      await host.sh(`rm -f ${STAND_BY_FILE}`)
      await runLibvirt(host, { name: 'first', image: IMAGE, engine })
    })
    after(() => remove(engine))

    test('a stop ends libvirtd, and the container with 0', async () => {
      const daemon = await libvirtd()
      await host.must([engine, 'stop', 'first'])
      assert.equal(await exitCode(engine, 'first'), 0)
      assert.ok(await isGone(daemon))
    })

    // As Podman does where a container shares the host's pids; Docker signals the first process alone.
    if (engine === 'podman') {
      test('signalled along with everything else in the container, libvirtd still ends by itself', async () => {
        for (const delay of ['0', '0.001', '0.002', '0.003', '0.004', '0.006']) {
          const [daemon, first] = [await libvirtd(), await firstProcess(engine, 'first')]
          await host.sh(`kill -TERM ${daemon}; sleep ${delay}; kill -TERM ${first} || true`)
          await host.must([engine, 'wait', 'first'])
          assert.equal(await exitCode(engine, 'first'), 0, `${delay} s later`)
          await host.must([engine, 'start', 'first'])
          await waitForLibvirt(host, 'first', engine)
        }
      })
    }

    test('stopped as soon as it is started, it ends within a second', async () => {
      await host.must([engine, 'stop', 'first'])
      for (const delay of ['0', '0.01', '0.03', '0.1']) {
        await host.must([engine, 'start', 'first'])
        await host.sh(`sleep ${delay}`)
        const first = await firstProcess(engine, 'first')
        await host.exec(['kill', '-TERM', String(first)])
        assert.ok(await isGone(first), `${delay} s after its start`)
        await host.must([engine, 'wait', 'first'])
        assert.notEqual(await exitCode(engine, 'first'), 137)
      }
    })

    test('a libvirtd that dies ends the container with its status', async () => {
      await host.must(['kill', '-KILL', String(await libvirtd())])
      await host.must([engine, 'wait', 'first'])
      assert.equal(await exitCode(engine, 'first'), 137)
    })

    test('a libvirtd that cannot start ends the container with its status', async () => {
      await host.must([engine, 'stop', 'first'])
      const run = [engine, 'run', '--rm', '--privileged', '--pid=host', '--network=host']
      const result = await host.exec([
        ...run,
        `localhost/anneal/${IMAGE}`,
        'libvirtd',
        '--config',
        '/nonexistent',
      ])
      assert.notEqual(result.exitCode, 0)
      assert.match(result.stderr, /nonexistent/)
    })

    test('a libvirtd that hangs is killed after the grace, and holds no lock', async () => {
      const daemon = await libvirtd()
      await host.must(['kill', '-STOP', String(daemon)])
      await host.must([engine, 'stop', '--time', '1', 'first'])
      assert.ok(await isGone(daemon))
      assert.equal(await exitCode(engine, 'first'), 137)
      await runLibvirt(host, { name: 'second', image: IMAGE, engine })
    })

    test('libvirtd does not outlive the first process', async () => {
      const daemon = await libvirtd()
      await host.must(['kill', '-KILL', String(await firstProcess(engine, 'first'))])
      assert.ok(await isGone(daemon))
      await runLibvirt(host, { name: 'second', image: IMAGE, engine })
    })

    test('HUP reaches libvirtd, which goes on', async () => {
      const daemon = await libvirtd()
      await host.must([engine, 'kill', '--signal', 'HUP', 'first'])
      await waitForLibvirt(host, 'first', engine)
      assert.equal(await libvirtd(), daemon)
      await host.must([engine, 'stop', 'first'])
      assert.equal(await exitCode(engine, 'first'), 0)
    })

    test('stopped while another one stands by, the container outlives its libvirtd', async () => {
      // A busy machine can be late to see that libvirtd is gone, but hardly three times.
      const outlived: number[] = []
      for (let attempt = 0; attempt < 3 && !outlived.some((ms) => ms >= 150); attempt += 1) {
        if (attempt > 0) {
          await remove(engine)
          await runLibvirt(host, { name: 'first', image: IMAGE, engine })
        }
        await startSecond(engine)
        outlived.push(await stopAndWatch(engine))
      }
      assert.ok(
        outlived.some((ms) => ms >= 150),
        outlived.join(', '),
      )
      await waitForLibvirt(host, 'second', engine)
      assert.equal(await exitCode(engine, 'first'), 0)
      assert.equal((await host.exec(['cat', STAND_BY_FILE])).exitCode, 1, 'who took over stands by no longer')
    })

    test('a libvirt that waited and was stopped leaves no trace, and the first one ends normally', async () => {
      await startSecond(engine)
      await host.must([engine, 'stop', 'second'])
      assert.equal((await host.exec(['cat', STAND_BY_FILE])).exitCode, 1)
      assert.equal(await exitCode(engine, 'second'), 0)
      await waitForLibvirt(host, 'first', engine)
      await host.must([engine, 'stop', 'first'])
      assert.equal(await exitCode(engine, 'first'), 0)
    })

    test('what another process left in the file of who stands by is not believed', async () => {
      // A busy machine can be late three times, but hardly ever is.
      const outlived: number[] = []
      for (let attempt = 0; attempt < 3 && !outlived.some((ms) => ms < 200); attempt += 1) {
        if (attempt > 0) {
          await host.must([engine, 'start', 'first'])
          await waitForLibvirt(host, 'first', engine)
        }
        await host.sh(`echo 1 >${STAND_BY_FILE}`)
        outlived.push(await stopAndWatch(engine))
      }
      assert.ok(
        outlived.some((ms) => ms < 200),
        outlived.join(', '),
      )
    })
  })
}

/** One by one: Podman removes none of several of which one is not there. */
async function remove(engine: NestedEngine): Promise<void> {
  for (const name of ['first', 'second']) await host.exec([engine, 'rm', '--force', name])
}

async function startSecond(engine: NestedEngine): Promise<void> {
  const first = await libvirtd()
  const started = runLibvirt(host, { name: 'second', image: IMAGE, engine }).catch(() => undefined)
  await host.sh(`for n in $(seq 300); do
      ${engine} logs second 2>&1 | grep -q 'standing by until libvirtd ${first} is gone' && exit 0
      sleep 0.1
    done; exit 1`)
  // It answers through the socket of the first one.
  await started
}

/** Stops the first container: for how many milliseconds its first process outlives its libvirtd. */
async function stopAndWatch(engine: NestedEngine): Promise<number> {
  const [daemon, shell] = [await libvirtd(), await firstProcess(engine, 'first')]
  const seen = await host.sh(`${engine} stop first >/dev/null &
    while [ -e /proc/${daemon}/exe ]; do :; done
    gone=$(date +%s%3N)
    while [ -e /proc/${shell}/exe ]; do sleep 0.005; done
    echo $(($(date +%s%3N) - gone))
    wait`)
  return Number(seen)
}

async function libvirtd(): Promise<number> {
  return Number(await host.must(['cat', '/run/libvirt/qemu/driver.pid']))
}

async function firstProcess(engine: NestedEngine, name: string): Promise<number> {
  return Number(await host.must([engine, 'inspect', '--format', '{{.State.Pid}}', name]))
}

async function exitCode(engine: NestedEngine, name: string): Promise<number> {
  return Number(await host.must([engine, 'inspect', '--format', '{{.State.ExitCode}}', name]))
}

/** Within ten seconds. */
async function isGone(pid: number): Promise<boolean> {
  const { exitCode: code } = await host.exec([
    'sh',
    '-c',
    `for n in $(seq 100); do [ -d /proc/${pid} ] || exit 0; sleep 0.1; done; exit 1`,
  ])
  return code === 0
}
