import { recordPath, tellMetalStory } from './metal-story.ts'
import { DemoFailure, Story } from './story.ts'

/**
 * `npm run demo:metal`: from a cloud image to a login on a bare-metal machine and back, on real Keystone, Glance and
 * Ironic.
 */
const story = new Story()
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => interrupted.abort(new DemoFailure('it was interrupted')))
}

try {
  const record = await tellMetalStory(story, interrupted.signal)
  process.stdout.write(story.table())
  process.stderr.write(`kept in ${recordPath(record.startedAt)}\n`)
} catch (error) {
  if (!(error instanceof DemoFailure)) throw error
  process.stderr.write(`\nthe demo failed: ${error.message}\n`)
  process.exitCode = 1
}
