import { openStore, pruneImages } from '../../app/image/sets/index.ts'
import type { JudgedImage } from '../../app/image/sets/index.ts'
import type { PruneDocument } from '../../contract/index.ts'
import { EXIT, formatBytes } from '../../core/index.ts'
import { CLOUD_FLAGS, cloudOptions } from '../cloud-flags.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { durationMs } from '../duration-flag.ts'

export const imagePrune = command({
  path: ['image', 'prune'],
  summary: 'Remove leftovers of interrupted pushes, and older images, from Glance',
  operands: '',
  count: { min: 0, max: 0 },
  flags: {
    older: {
      kind: 'switch',
      help: 'Remove complete sets of images too, if a newer one has the same name',
      flagOnly: true,
    },
    after: {
      kind: 'text',
      placeholder: 'TIME',
      default: '24h',
      help: 'Keep unfinished images that changed within TIME',
    },
    'all-owners': {
      kind: 'switch',
      help: 'Treat every pushed image as your own; for a Glance without logins',
      flagOnly: true,
    },
    ...DRY_RUN_FLAG,
    ...CLOUD_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'Removes only images that this project pushed with `anneal image push`, and no protected ones. It does not know whether a machine still boots from an image.',
  async run({ flags, output }) {
    const untouchedMs = durationMs(flags.after, 'after', 'anneal image prune')
    const dryRun = flags['dry-run']
    const pruned = await pruneImages(
      openStore(cloudOptions(flags)),
      {
        what: flags.older ? 'older' : 'unfinished',
        owners: flags['all-owners'] ? 'all' : 'own',
        untouchedSince: new Date(Date.now() - untouchedMs).toISOString(),
        mode: dryRun ? 'plan' : 'apply',
      },
      {
        onRemoved: ({ image: { id, name, sizeBytes }, reason }) => {
          const size = sizeBytes === undefined ? '' : ` (${formatBytes(sizeBytes)})`
          output.progress(
            { event: 'removed', id, name, reason, dryRun },
            `${dryRun ? 'would remove' : 'removed'} ${id} "${name}"${size}: ${reason}`,
          )
        },
        onFailed: (error) => output.error(error),
      },
    )
    const { failures } = pruned
    const removed = pruned.removed.map(named)
    const kept = pruned.kept.map(named)
    for (const { id, name, reason } of kept) output.say(`kept ${id} "${name}": ${reason}`)
    const value: PruneDocument = { schema: 'anneal.prune/1', dryRun, removed, kept, failed: failures.length }
    output.data(
      value,
      () => `${removed.length} images ${dryRun ? 'would be removed' : 'removed'}, ${kept.length} kept`,
    )
    return failures[0]?.exit ?? EXIT.ok
  },
})

function named({ image: { id, name }, reason }: JudgedImage) {
  return { id, name, reason }
}
