import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { EngineUnderTest } from '../engine-under-test.ts'

/** Where a container is on the host: its cgroups and its layers. */
export function placesAreRecorded(under: EngineUnderTest): void {
  const { running, inspected } = under

  test("the recorded cgroups are those the container's first process is in", under.needsEngine, async () => {
    const { pid, cgroupPaths, engineCgroup, runtimeFamily, runtimeVersion } = await running()
    assert.ok(cgroupPaths)
    const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n')
    let compared = 0
    for (const line of lines) {
      const [, controllers = '', path] = line.split(':')
      for (const controller of controllers.split(',')) {
        // Docker's runc joins no cgroup of the unified hierarchy of a hybrid host, so none is recorded.
        if (cgroupPaths[controller] === undefined) continue
        assert.equal(cgroupPaths[controller], path, `controller "${controller}"`)
        compared += 1
      }
    }
    assert.ok(compared > 0)
    assert.ok('' in cgroupPaths || 'devices' in cgroupPaths)
    assert.ok(Object.values(cgroupPaths).includes(engineCgroup ?? ''), engineCgroup)
    assert.equal(runtimeFamily, 'runc')
    assert.match(runtimeVersion ?? '', /^\d+\.\d+/)
  })

  test(
    'the recorded cgroups stay as recorded when the process is moved elsewhere',
    under.needsEngine,
    async (t) => {
      const { id, pid, cgroupPaths } = await running()
      if (cgroupPaths?.['devices'] === undefined) return t.skip('needs a v1 devices hierarchy')
      writeFileSync('/sys/fs/cgroup/devices/cgroup.procs', String(pid))
      assert.deepEqual((await inspected(id)).cgroupPaths, cgroupPaths)
    },
  )

  test("the root overlay's upper directory is where the container writes", under.needsEngine, async () => {
    const { id, rootUpperDir } = await running()
    await under.engine.exec(id, ['sh', '-c', 'echo here > /etc/mark'])
    assert.equal(readFileSync(join(rootUpperDir ?? '', 'etc/mark'), 'utf8'), 'here\n')
  })
}
