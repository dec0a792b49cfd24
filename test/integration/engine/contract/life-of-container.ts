import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IMAGE, POLITE, STUBBORN } from '../engine-under-test.ts'
import type { EngineUnderTest } from '../engine-under-test.ts'
import { code, ready, until } from '../expect.ts'

/** A container is created, started, armed, stopped and removed. */
export function containersLive(under: EngineUnderTest): void {
  const { spec, running, inspected } = under

  test(
    'creating twice gives the same container, unstarted and with no restart',
    under.needsEngine,
    async () => {
      const wanted = spec({ restartPolicy: 'always' })
      const id = await under.engine.createContainer(wanted)
      assert.equal(await under.engine.createContainer(wanted), id)
      const container = await inspected(wanted.name)
      assert.equal(container.id, id)
      assert.equal(container.status, 'created')
      assert.equal(container.pid, 0)
      assert.equal(container.startedAt, undefined)
      assert.equal(container.exitCode, undefined)
      assert.equal(container.restartPolicy, 'no')
      assert.equal(container.image, IMAGE)
      assert.equal(container.imageId, (await under.engine.inspectImage(IMAGE))?.id)
      assert.deepEqual(container.command, POLITE)
      assert.deepEqual(container.entrypoint, [])
      assert.equal(container.runtime, under.bed.runtimeName)
      assert.equal(container.runtimeFamily, 'runc')
    },
  )

  test('a name that another container has is CONTAINER_NAME_TAKEN', under.needsEngine, async () => {
    const first = spec({ labels: { release: 'a' } })
    await under.engine.createContainer(first)
    await assert.rejects(
      under.engine.createContainer({ ...first, labels: { release: 'b' } }),
      code('CONTAINER_NAME_TAKEN'),
    )
  })

  test('starting and stopping are idempotent, and the stop signal is obeyed', under.needsEngine, async () => {
    const { id } = await running()
    await under.engine.startContainer(id)
    await under.engine.stopContainer(id, 10_000)
    await under.engine.stopContainer(id, 10_000)
    const stopped = await inspected(id)
    assert.equal(stopped.status, 'exited')
    assert.equal(stopped.exitCode, 7)
    assert.equal(stopped.pid, 0)
    assert.equal(stopped.cgroupPaths, undefined)
    await under.engine.startContainer(id)
    assert.equal((await inspected(id)).status, 'running')
  })

  test('a stop signal of the release is the one that is sent', under.needsEngine, async () => {
    const command = [
      'sh',
      '-c',
      'trap "exit 3" USR1; trap "" TERM; echo ready; while :; do sleep 1000 & wait; done',
    ]
    const { id, stopSignal } = await running({ command, stopSignal: 'SIGUSR1' })
    assert.equal(stopSignal, 'SIGUSR1')
    await ready(under.engine, id)
    await under.engine.stopContainer(id, 10_000)
    assert.equal((await inspected(id)).exitCode, 3)
  })

  test('SIGKILL comes after the grace, not before', under.needsEngine, async () => {
    const { id } = await running({ command: STUBBORN })
    await ready(under.engine, id)
    const began = performance.now()
    await under.engine.stopContainer(id, 1000)
    const tookMs = performance.now() - began
    assert.ok(tookMs >= 950, `${tookMs} ms`)
    assert.equal((await inspected(id)).exitCode, 137)
  })

  test('an unknown container refuses to start and to stop', under.needsEngine, async () => {
    await assert.rejects(under.engine.startContainer('nothing'), code('CONTAINER_NOT_FOUND'))
    await assert.rejects(under.engine.stopContainer('nothing', 0), code('CONTAINER_NOT_FOUND'))
  })

  test('a program that is not in the image is CONTAINER_START_FAILED', under.needsEngine, async () => {
    const id = await under.engine.createContainer(spec({ command: ['/no/such/program'] }))
    await assert.rejects(under.engine.startContainer(id), code('CONTAINER_START_FAILED'))
  })

  test('labels find containers, running ones alone where asked', under.needsEngine, async () => {
    const labels = { 'io.anneal.release': 'r1', tricky: 'a=b,c "d"' }
    const { id: up } = await running({ labels })
    const down = await under.engine.createContainer(spec({ labels }))
    await under.engine.createContainer(spec({ labels: { ...labels, tricky: 'other' } }))
    const found = await under.engine.listContainers({ labels })
    assert.deepEqual(found.map(({ id }) => id).toSorted(), [up, down].toSorted())
    assert.deepEqual(found.find(({ id }) => id === up)?.labels, {
      ...labels,
      'io.anneal.what': 'say "$HOME" \\ twice',
    })
    assert.deepEqual(
      (await under.engine.listContainers({ labels, running: true })).map(({ id }) => id),
      [up],
    )
    assert.deepEqual(await under.engine.listContainers({ labels: { tricky: 'no' } }), [])
  })

  test('health goes from starting to what the check says', under.needsEngine, async () => {
    const healthcheck = {
      test: ['CMD-SHELL', 'test -e /tmp/well'],
      intervalMs: 100,
      timeoutMs: 2000,
      retries: 2,
    }
    const { id, health } = await running({ healthcheck })
    assert.ok(health === 'starting' || health === 'unhealthy', health)
    await until(async () => (await inspected(id)).health === 'unhealthy')
    await under.engine.exec(id, ['touch', '/tmp/well'])
    await until(async () => (await inspected(id)).health === 'healthy')
    assert.equal((await running()).health, 'none')
  })

  test('arming sets the restart policy, disarming takes it back', under.needsEngine, async () => {
    const { id } = await running({ restartPolicy: 'unless-stopped' })
    await under.engine.armContainer(id, 'unless-stopped')
    const armed = (await inspected(id)).restartPolicy
    const version = (await under.engine.facts()).version.split('.').map(Number)
    const changeable = under.kind === 'docker' || (version[0] ?? 0) * 100 + (version[1] ?? 0) >= 501
    assert.equal(armed, changeable ? 'unless-stopped' : 'on-failure')
    await under.engine.armContainer(id, 'no')
    await under.engine.stopContainer(id, 1000)
    assert.equal((await inspected(id)).restartPolicy, 'no')
  })

  test('an armed container comes back when its first process is killed', under.needsEngine, async () => {
    const { id, pid } = await running({ restartPolicy: 'always' })
    await under.engine.armContainer(id, 'always')
    process.kill(pid, 'SIGKILL')
    await until(async () => {
      const container = await inspected(id)
      return container.status === 'running' && container.pid !== pid
    })
    await under.engine.armContainer(id, 'no')
  })

  test('removing is refused while it runs, forced at once, and idempotent', under.needsEngine, async () => {
    const { id } = await running({ command: STUBBORN })
    await assert.rejects(under.engine.removeContainer(id, { force: false }))
    const began = performance.now()
    await under.engine.removeContainer(id, { force: true })
    assert.ok(performance.now() - began < 5000)
    await under.engine.removeContainer(id, { force: true })
    await under.engine.removeContainer(id, { force: false })
    assert.equal(await under.engine.inspectContainer(id), undefined)
  })

  test('start and stop are quick: the outage of an upgrade is made of them', under.needsEngine, async (t) => {
    for (const pidMode of [undefined, 'host']) {
      const id = await under.engine.createContainer(
        spec({ networkMode: 'host', ...(pidMode === undefined ? {} : { pidMode }) }),
      )
      const started: number[] = []
      const stopped: number[] = []
      for (let round = 0; round < 5; round += 1) {
        started.push(await timed(() => under.engine.startContainer(id)))
        await ready(under.engine, id, round + 1)
        stopped.push(await timed(() => under.engine.stopContainer(id, 5000)))
      }
      t.diagnostic(
        `${under.kind}, ${pidMode ?? 'private'} pid: start ${summary(started)}, stop ${summary(stopped)}`,
      )
      assert.ok(Math.min(...started, ...stopped) < 3000)
    }
  })
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function summary(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  return `median ${Math.round(sorted[sorted.length >> 1] ?? 0)} ms, worst ${Math.round(sorted.at(-1) ?? 0)} ms`
}
