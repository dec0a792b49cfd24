import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { isAnnealError } from '../../core/index.ts'
import type { Engine, ImageFacts } from '../../ports/index.ts'
import { makeBase } from './base-image.ts'

const IMAGE: ImageFacts = {
  id: 'sha256:1',
  repoDigests: [],
  tags: [],
  labels: {},
  sizeBytes: 1,
  architecture: 'amd64',
  user: '',
}

type Import = Engine['importImage']

/** To look all the time would take the processor from the script that is waited for. */
const LOOK_MS = 5

let dir = ''
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'anneal-base-'))
})
after(() => rmSync(dir, { recursive: true, force: true }))

function script(name: string, body: string): string {
  const path = join(dir, name)
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 })
  return path
}

const takesAll: Import = async (rootfs) => {
  let bytes = 0
  for await (const chunk of rootfs) bytes += (chunk as Buffer).length
  return { ...IMAGE, sizeBytes: bytes }
}

function alive(pidFile: string): boolean {
  try {
    // A process that has ended but was not reaped yet is still there for a signal, so its state is read.
    const stat = readFileSync(`/proc/${readFileSync(pidFile, 'utf8').trim()}/stat`, 'utf8')
    return !/\) [ZX] /.test(stat)
  } catch {
    return false
  }
}

/** A process closes its files a moment before it is gone. Fails by the test's own limit where it stays. */
async function gone(pidFile: string): Promise<void> {
  while (alive(pidFile)) await setTimeout(LOOK_MS)
}

function needsTool(t: TestContext): boolean {
  if (existsSync('/usr/bin/mmdebstrap')) return false
  t.skip('needs mmdebstrap')
  return true
}

describe('making a base image', () => {
  test('the engine gets all that the script writes', async (t) => {
    if (needsTool(t)) return
    const image = await makeBase({ importImage: takesAll }, script('whole', 'printf 12345'), 'x:1')
    assert.equal(image.sizeBytes, 5)
  })

  test('the engine is not asked before the first byte is there', async (t) => {
    if (needsTool(t)) return
    let asked = false
    const go = join(dir, 'go')
    const path = script('late', `until [ -e ${go} ]; do sleep 0.05; done; printf 1`)
    const made = makeBase({ importImage: (...all) => ((asked = true), takesAll(...all)) }, path, 'x:1')
    assert.equal(asked, false)
    writeFileSync(go, '')
    await made
    assert.equal(asked, true)
  })

  test('a script that fails before its first byte is reported with its last lines, and the engine is not asked', async (t) => {
    if (needsTool(t)) return
    const importImage: Import = () => assert.fail('the engine was asked')
    await assert.rejects(
      makeBase({ importImage }, script('fails', 'echo "E: no such mirror" >&2; exit 25'), 'x:1'),
      (error) =>
        isAnnealError(error) && error.code === 'BASE_FAILED' && /25.*no such mirror/s.test(error.message),
    )
  })

  test('a script that fails behind its first byte fails the base, though the engine took what came', async (t) => {
    if (needsTool(t)) return
    await assert.rejects(
      makeBase({ importImage: takesAll }, script('cut', 'printf 123; exit 3'), 'x:1'),
      (error) => isAnnealError(error) && error.code === 'BASE_FAILED',
    )
  })

  test('an engine that gives up in the middle ends the script and all that it started', async (t) => {
    if (needsTool(t)) return
    const pid = join(dir, 'child.pid')
    const path = script('endless', `sh -c 'echo $$ >${pid}; exec cat /dev/zero'`)
    const importImage: Import = () => Promise.reject(new Error('the connection broke'))
    await assert.rejects(makeBase({ importImage }, path, 'x:1'), /the connection broke/)
    await gone(pid)
  })

  test('an interrupt ends a script that has not written anything yet, and all that it started', async (t) => {
    if (needsTool(t)) return
    const pid = join(dir, 'silent.pid')
    const path = script('silent', `sh -c 'echo $$ >${pid}; exec sleep 600'; :`)
    const controller = new AbortController()
    const made = makeBase({ importImage: takesAll }, path, 'x:1', { signal: controller.signal })
    while (!existsSync(pid) || readFileSync(pid, 'utf8') === '') await setTimeout(LOOK_MS)
    controller.abort(new Error('interrupted'))
    await assert.rejects(made, /interrupted/)
    await gone(pid)
  })
})
