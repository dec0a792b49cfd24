import { inspectImage, openImage } from '../../app/image/index.ts'
import { EXIT } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeImage } from '../describe-image.ts'
import { BOOT_FLAGS, OPEN_FLAGS, bootChoices, openOptions } from '../image-flags.ts'
import { imageReport } from '../image-report.ts'

export const imageInspect = command({
  path: ['image', 'inspect'],
  summary: 'Show what is on a disk image and how it boots',
  operands: 'IMAGE',
  count: { min: 1, max: 1 },
  flags: { ...BOOT_FLAGS, ...OPEN_FLAGS, ...COMMON_FLAGS },
  details:
    'Prints partitions, volumes, file systems and boot entries, then the kernel, the initrds and every kernel argument with its reason. --firmware, --deployment, --karg and --delete-karg show how the image would boot with those changes.\nIMAGE is a file or an http(s) address of a raw, qcow2, VMDK, VDI, VHD, VHDX or ISO image, also compressed with gzip, xz, zstd, bzip2, lz4 or lzop, or in a tar or zip archive. A container image is oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or docker://NAME[:TAG|@DIGEST]. The command needs no root and only reads. The JSON schema is anneal.image/1.\nExit codes: 0, the contents are known. 4, damage hides how the image boots.',
  async run({ flags, args, output, signal }) {
    await using opened = await openImage(args[0] ?? '', openOptions(flags, output, signal))
    const { inventory, contract, isDamaged } = await inspectImage(opened, bootChoices(flags), { signal })
    output.data(imageReport(opened, inventory, contract), () =>
      describeImage(opened, inventory, contract, output),
    )
    // All that could be seen is shown; but what is damaged may be what boots.
    return isDamaged ? EXIT.refused : EXIT.ok
  },
})
