import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, test } from 'node:test'
import { libvirtGuestLogs } from './guest-logs.ts'

const LOGS = libvirtGuestLogs()

const directories: string[] = []
describe('the logs of libvirt’s guests', () => {
  afterEach(() => {
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
  })

  /** A log directory with these files, the oldest first. */
  function logs(files: readonly (readonly [name: string, text: string])[]): string {
    const directory = mkdtempSync(join(tmpdir(), 'anneal-log-'))
    directories.push(directory)
    mkdirSync(join(directory, 'qemu'))
    for (const [index, [name, text]] of files.entries()) {
      const path = join(directory, 'qemu', name)
      writeFileSync(path, text)
      utimesSync(path, index + 1, index + 1)
    }
    return directory
  }

  test('the log of a guest is read, after the one that was rotated last', async () => {
    assert.equal(await LOGS.tail(logs([['one.log', 'new']]), 'one'), 'new')
    const rotated = logs([
      ['one.log.1', 'oldest'],
      ['one.log.0', 'old'],
      ['one.log', 'new'],
    ])
    assert.equal(await LOGS.tail(rotated, 'one'), 'old\nnew')
  })

  test('the end of a long log is read, and no more', async () => {
    const directory = logs([['one.log', `${'x'.repeat(3 * 1024 * 1024)}end`]])
    const text = await LOGS.tail(directory, 'one')
    assert.equal(text?.length, 1024 * 1024)
    assert.ok(text.endsWith('xend'))
  })

  test('links, pipes and names with a slash are not followed, and an absent file is undefined', async () => {
    const directory = logs([['secret', 'secret']])
    symlinkSync(join(directory, 'qemu/secret'), join(directory, 'qemu/link.log'))
    execFileSync('mkfifo', [join(directory, 'qemu/pipe.log')])
    for (const name of ['absent', 'link', 'pipe', '../qemu/secret', '']) {
      assert.equal(await LOGS.tail(directory, name), undefined, name)
    }
  })
})
