import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { taskLimitOf } from './task-limit.ts'

const dir = mkdtempSync(join(tmpdir(), 'anneal-tasks-'))
test.after(() => rmSync(dir, { recursive: true }))

function roots(files: Readonly<Record<string, string>>): { proc: string; cgroup: string } {
  const root = mkdtempSync(join(dir, 'root-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return { proc: join(root, 'proc'), cgroup: join(root, 'cgroup') }
}

test('the tightest of the cgroups above a process counts, on cgroup v1', async () => {
  const at = roots({
    'proc/7/cgroup': '3:pids:/parent/libpod-x\n0::/elsewhere\n',
    'cgroup/pids/parent/pids.max': '100\n',
    'cgroup/pids/parent/pids.current': '99\n',
    'cgroup/pids/parent/libpod-x/pids.max': 'max\n',
    'cgroup/pids/parent/libpod-x/pids.current': '5\n',
  })
  assert.deepEqual(await taskLimitOf(7, at), { limit: 100, current: 99, cgroup: '/parent' })
})

test('a limit of one is read on cgroup v2, and an absent limit is absent', async () => {
  const at = roots({
    'proc/7/cgroup': '0::/machine.slice/libpod-x.scope\n',
    'cgroup/machine.slice/libpod-x.scope/pids.max': '1\n',
    'cgroup/machine.slice/libpod-x.scope/pids.current': '1\n',
    'proc/8/cgroup': '0::/free\n',
    'cgroup/free/pids.max': 'max\n',
    'cgroup/free/pids.current': '1\n',
  })
  assert.equal((await taskLimitOf(7, at))?.limit, 1)
  assert.equal(await taskLimitOf(8, at), undefined)
  assert.equal(await taskLimitOf(9, at), undefined, 'a process that is gone')
})
