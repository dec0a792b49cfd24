import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { withCri } from './cri-client.ts'

test('a containerd that is not there is named with its socket, and why', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cri-'))
  try {
    for (const [name, state] of [
      ['absent', 'there is no such socket'],
      ['file', 'no daemon listens on it'],
    ] as const) {
      const socket = join(directory, name)
      if (name === 'file') writeFileSync(socket, '')
      await assert.rejects(
        withCri(socket, ({ ask }) => ask('RuntimeService/Version', {})),
        { code: 'ENGINE_UNREACHABLE', message: `Cannot reach containerd at "${socket}": ${state}` },
      )
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
})
