import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createReadStream, existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { plainSpec } from '../../../src/adapters/containers/index.ts'
import { procReader } from '../../../src/adapters/proc/index.ts'
import { findKillSet } from '../../../src/node/index.ts'
import type { Container } from '../../../src/node/index.ts'
import { busyboxRoot, erase, missing, NEEDS, openBed } from './bed.ts'
import type { Bed } from './bed.ts'

const IMAGE = 'localhost/anneal-left-behind:1'

/**
 * A process that is in the container's cgroup in one hierarchy alone: what a guest is that left the others. Of `one thread` nothing but a
 * thread is there: libvirt's LXC driver leaves one behind, and so does who writes the pid to `tasks`.
 */
type Visitor = Readonly<{ hierarchy: string; child: ChildProcess; pid: number }>

for (const kind of ['docker', 'podman'] as const) {
  const lacking = missing(NEEDS[kind])
  const unified = existsSync('/sys/fs/cgroup/cgroup.controllers')
  const skip =
    lacking ?? (unified ? 'needs a host whose cgroup hierarchies are several (v1 or hybrid)' : false)

  describe(`who is left in a container that has stopped, on ${kind}`, { skip }, () => {
    let dir = ''
    let bed: Bed
    const visitors: Visitor[] = []

    before(async () => {
      dir = mkdtempSync(join(tmpdir(), 'anneal-left-'))
      bed = await openBed(kind, { insecureRegistries: [] })
      await bed.engine.importImage(createReadStream(busyboxRoot(dir)), IMAGE, {})
    })
    after(async () => {
      for (const { child } of visitors) child.kill('SIGKILL')
      await bed?.close()
      await erase(dir)
    })

    /** Pids that would die with the container, of the visitors alone. */
    const doomed = async (container: Container): Promise<readonly string[]> => {
      const [table, facts] = [await procReader().table(), await bed.engine.facts()]
      const pids = new Set(findKillSet(container, table, facts, 'stop').doomed.map(({ pid }) => pid))
      return names(visitors.filter(({ pid }) => pids.has(pid)))
    }
    const living = (): readonly string[] =>
      names(visitors.filter(({ child }) => child.exitCode === null && child.signalCode === null))
    const inspected = async (id: string): Promise<Container> => {
      const container = await bed.engine.inspectContainer(id)
      assert.ok(container)
      return container
    }

    test('nobody dies, at the stop or at the next start, whom the kill set did not name before', async (t) => {
      const id = await bed.engine.createContainer(
        plainSpec({ name: `left-${kind}`, image: IMAGE, command: ['sleep', '1000000'], pidMode: 'host' }),
      )
      await bed.engine.startContainer(id)
      const up = await inspected(id)
      for (const [hierarchy, path] of Object.entries(up.cgroupPaths ?? {})) {
        const folder = join('/sys/fs/cgroup', mountOf(hierarchy), path)
        if (!existsSync(folder) || path === '/') continue
        const child = spawn('sleep', ['100000'], { stdio: 'ignore' })
        writeFileSync(join(folder, 'cgroup.procs'), String(child.pid))
        visitors.push({ hierarchy: hierarchy || 'v2', child, pid: child.pid ?? 0 })
        // Threads of v2 cannot leave the domain of their process.
        if (hierarchy === '') continue
        const threads = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 1e8)'], { stdio: 'ignore' })
        writeFileSync(join(folder, 'tasks'), await otherThread(threads.pid ?? 0))
        visitors.push({ hierarchy: `${hierarchy}, one thread`, child: threads, pid: threads.pid ?? 0 })
      }
      assert.ok(visitors.length > 3, 'the container has a cgroup in several hierarchies')
      const expected = await doomed(up)
      const all = living()

      // Podman with runc 1.2 and later calls the stop failed where a cgroup could not be removed; it stopped all the same.
      await bed.engine.stopContainer(id, 1000).catch(() => undefined)
      // Podman's clean-up comes once more, behind the stop.
      await sleep(kind === 'podman' ? 5000 : 500)
      const left = await doomed(await inspected(id))
      const afterStop = living()
      t.diagnostic(
        `runc ${up.runtimeVersion}: before the stop ${expected.join(' ')}; then left: ${left.join(' ') || 'nobody'}`,
      )
      assert.deepEqual(without(without(all, afterStop), expected), [], 'the stop killed only whom it was to')

      // Newer runtimes refuse to start into a cgroup that is not empty, after they have killed.
      await bed.engine.startContainer(id).catch(() => undefined)
      await sleep(500)
      const died = without(afterStop, living())
      t.diagnostic(`the next start killed: ${died.join(' ') || 'nobody'}`)
      assert.deepEqual(
        without(died, left),
        [],
        'the start killed only whom the kill set of the stopped container named',
      )
      assert.deepEqual(without(died, expected), [], 'whom the kill set of the running one named, too')
      await bed.engine.removeContainer(id, { force: true })
    })
  })
}

function names(visitors: readonly Visitor[]): readonly string[] {
  return visitors.map(({ hierarchy }) => hierarchy).toSorted()
}

/** A thread of Node beside the first one. */
async function otherThread(pid: number): Promise<string> {
  for (;;) {
    const other = readdirSync(`/proc/${pid}/task`).find((tid) => tid !== String(pid))
    if (other !== undefined) return other
    await sleep(20)
  }
}

function without(all: readonly string[], some: readonly string[]): readonly string[] {
  return all.filter((one) => !some.includes(one))
}

/** Where a hierarchy is mounted on a v1 or hybrid host. */
function mountOf(hierarchy: string): string {
  if (hierarchy === '') return 'unified'
  return hierarchy.replace(/^name=/, '')
}
