import { buildDeployRamdisk, planDeployRamdisk } from '../../app/metal/index.ts'
import { EXIT, formatBytes } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'

export const metalRamdisk = command({
  path: ['metal', 'ramdisk'],
  summary: 'Build the ramdisk with which Anneal’s own conductor deploys machines',
  operands: 'DIRECTORY',
  count: { min: 1, max: 1 },
  flags: {
    architecture: {
      kind: 'choice',
      values: ['amd64', 'arm64'],
      default: 'amd64',
      help: 'Build for machines of this architecture',
    },
    suite: {
      kind: 'text',
      placeholder: 'SUITE',
      help: 'Use this Debian suite; by default the one that apt uses here',
    },
    mirror: {
      kind: 'text',
      placeholder: 'URL',
      help: 'Fetch from this Debian mirror; by default from those that apt uses here',
    },
    packages: {
      kind: 'text',
      placeholder: 'DIR',
      help: 'Take the .deb files of DIR, and fetch nothing',
    },
    add: {
      kind: 'list',
      placeholder: 'PACKAGE',
      help: 'Also fetch PACKAGE, and put its firmware into the ramdisk; can be repeated',
    },
    ...DRY_RUN_FLAG,
    ...COMMON_FLAGS,
  },
  details:
    'Writes vmlinuz, initrd and ramdisk.json into DIRECTORY. apt downloads the packages into a temporary folder: nothing is installed, and root is not needed. The same packages give the same bytes. ramdisk.json lists the packages and their versions.',
  async run({ flags, args, output, signal }) {
    const { architecture, suite, mirror, packages, add } = flags
    const wish = {
      architecture,
      more: add,
      ...(suite === undefined ? {} : { suite }),
      ...(mirror === undefined ? {} : { mirror }),
      ...(packages === undefined ? {} : { packages }),
      onProgress: (line: string) => output.live(`  ${line}`),
      signal,
    }
    if (flags['dry-run']) {
      const plan = await planDeployRamdisk(wish)
      output.data(plan, () => plan.packages.join('\n'))
      return EXIT.ok
    }
    const directory = args[0] ?? ''
    const built = await buildDeployRamdisk(directory, wish)
    output.data(built, () => {
      const { kernel, ramdisk, unpackedBytes, kernelVersion, moduleCount } = built
      return [
        `${directory}/${kernel.file}  ${formatBytes(kernel.sizeBytes)}  Linux ${kernelVersion}`,
        `${directory}/${ramdisk.file}  ${formatBytes(ramdisk.sizeBytes)}  ${formatBytes(unpackedBytes)} in memory, ${moduleCount} modules, ${built.packages.length} packages`,
      ].join('\n')
    })
    return EXIT.ok
  },
})
