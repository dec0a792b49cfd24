import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { pack } from 'tar-stream'
import { isAnnealError } from '../../../src/core/index.ts'
import type { Engine } from '../../../src/ports/index.ts'

/** For `assert.rejects`: an error of this code. */
export function code(wanted: string): (error: unknown) => true {
  return (error) => {
    assert.ok(isAnnealError(error), String(error))
    assert.equal(error.code, wanted, error.message)
    return true
  }
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 20_000; performance.now() < deadline; await delay(50)) {
    if (await condition()) return
  }
  assert.fail('it did not come about within 20 s')
}

/** The container's trap is set once it has printed. */
export async function ready(engine: Engine, id: string, times = 1): Promise<void> {
  await until(async () => (await engine.logs(id, 1000)).split('ready').length > times)
}

export function tarOf(files: Readonly<Record<string, string>>): NodeJS.ReadableStream {
  const tar = pack()
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content)
  tar.finalize()
  return tar as unknown as NodeJS.ReadableStream
}
