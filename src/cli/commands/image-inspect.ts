import { inspectImage, openImage } from '../../app/image/index.ts'
import { EXIT } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeImage } from '../describe-image.ts'
import { BOOT_FLAGS, OPEN_FLAGS, bootChoices, openOptions } from '../image-flags.ts'
import { imageReport } from '../image-report.ts'

export const imageInspect = command({
  path: ['image', 'inspect'],
  summary: 'show what is on an image, and how it boots: each kernel argument with its reason',
  operands: 'IMAGE',
  count: { min: 1, max: 1 },
  flags: { ...BOOT_FLAGS, ...OPEN_FLAGS, ...COMMON_FLAGS },
  details:
    'IMAGE is a file or an http(s) address: raw or qcow2, also packed with gzip, xz or zstd. It is only read; no right is needed but to read it. With --firmware, --deployment, --karg and --delete-karg it shows what would boot then. Exits with 4 where damage keeps it from being known how the image boots. JSON schema anneal.image/1.',
  async run({ flags, args, output, signal }) {
    await using opened = await openImage(args[0] ?? '', openOptions(flags, output, signal))
    const { image, stack } = opened
    const { inventory, contract, isDamaged } = await inspectImage(opened, bootChoices(flags), { signal })
    output.data(imageReport(image, stack, inventory, contract), () =>
      describeImage(image, stack, inventory, contract, output),
    )
    // All that could be seen is shown; but what is damaged may be what boots.
    return isDamaged ? EXIT.refused : EXIT.ok
  },
})
