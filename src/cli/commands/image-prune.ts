import { EXIT, formatBytes, isAnnealError } from '../../core/index.ts'
import type { AnnealError } from '../../core/index.ts'
import { planPrune } from '../../runtime/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { durationMs } from '../duration-flag.ts'
import { CLOUD_FLAGS, openStore } from '../metal-world.ts'

export const imagePrune = command({
  path: ['image', 'prune'],
  summary: 'removes from Glance what interrupted pushes left, and older sets',
  operands: '',
  count: { min: 0, max: 0 },
  flags: {
    older: { kind: 'switch', help: 'also sets that are not the newest of their name', flagOnly: true },
    after: {
      kind: 'text',
      placeholder: 'TIME',
      default: '24h',
      help: 'what is not finished is left alone until it has not changed for this long',
    },
    'all-owners': {
      kind: 'switch',
      help: 'where nobody is logged in to Glance: takes every pushed image for one’s own',
      flagOnly: true,
    },
    'dry-run': { kind: 'switch', short: 'n', help: 'says what would be removed', flagOnly: true },
    ...CLOUD_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'Only what this project pushed with `anneal image push` is looked at; what is protected stays. Whether a machine still boots from an image is not known here.',
  async run({ flags, output }) {
    const untouchedMs = durationMs(flags.after, 'after', 'anneal image prune')
    const store = openStore(flags.cloud)
    const { remove, keep } = await planPrune(store, {
      what: flags.older ? 'older' : 'unfinished',
      owners: flags['all-owners'] ? 'all' : 'own',
      untouchedSince: new Date(Date.now() - untouchedMs).toISOString(),
    })
    const dryRun = flags['dry-run']
    const failures: AnnealError[] = []
    const removed: object[] = []
    for (const { image, reason } of remove) {
      const { id, name, sizeBytes } = image
      try {
        if (!dryRun) await store.remove(id)
        removed.push({ id, name, reason })
        const size = sizeBytes === undefined ? '' : ` (${formatBytes(sizeBytes)})`
        output.progress(
          { event: 'removed', id, name, reason, dryRun },
          `${dryRun ? 'would remove' : 'removed'} ${id} "${name}"${size}: ${reason}`,
        )
      } catch (error) {
        if (!isAnnealError(error)) throw error
        failures.push(error)
        output.error(error)
      }
    }
    const kept = keep.map(({ image, reason }) => ({ id: image.id, name: image.name, reason }))
    for (const { id, name, reason } of kept) output.say(`kept ${id} "${name}": ${reason}`)
    const value = { schema: 'anneal.prune/1', dryRun, removed, kept, failed: failures.length }
    output.data(
      value,
      () => `${removed.length} images ${dryRun ? 'would be removed' : 'removed'}, ${kept.length} kept`,
    )
    return failures[0]?.exit ?? EXIT.ok
  },
})
