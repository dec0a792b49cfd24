import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ENGINE_KINDS } from '../../node/index.ts'
import { openNode } from './open-node.ts'

test('each kind of engine opens as itself, and one of a later version as none', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root')
  const stateDirectory = mkdtempSync(join(tmpdir(), 'anneal-open-'))
  t.after(() => rmSync(stateDirectory, { recursive: true }))
  mkdirSync(join(stateDirectory, 'files'))
  const open = (kept: string): ReturnType<typeof openNode> => {
    writeFileSync(join(stateDirectory, 'files', 'engine'), kept)
    return openNode({ environment: {}, stateDirectory, access: 'read' }, 'look')
  }
  for (const kind of ENGINE_KINDS) assert.equal((await open(kind)).engine.kind, kind)
  await assert.rejects(open('later'), { code: 'NO_ENGINE', message: /deployed on "later"/ })
})
