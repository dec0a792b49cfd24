import { readerWarnings } from '../app/image/index.ts'
import type { ComposefsFacts } from '../contract/index.ts'
import type { ContainerFacts, ImageFacts, OpenedImage } from '../app/image/index.ts'
import { formatBytes } from '../core/index.ts'
import type { Finding } from '../core/index.ts'
import { platformName } from '../formats/oci/index.ts'
import { defaultOf, firmwareDifference, nameOf } from '../image/boot/index.ts'
import type { BootContract, BootFile, BootInventory } from '../image/boot/index.ts'
import { nodesOf, unreadableOf } from '../image/stack/index.ts'
import type { StackNode, Volume } from '../image/stack/index.ts'
import type { Output } from './output.ts'

/** For people: the stack, what is on it, what boots, and each argument with its reason. */
export function describeImage(
  { image, stack, container }: Pick<OpenedImage, 'image' | 'stack' | 'container'>,
  inventory: BootInventory,
  contract: BootContract | Readonly<{ message: string; remedy: string }>,
  output: Output,
): string {
  const refusal = 'message' in contract ? contract : undefined
  const chosen = 'message' in contract ? undefined : contract
  return [
    ...describeStack(image, stack, inventory, output),
    ...(container === undefined ? [] : describeContainer(container, inventory, output)),
    '',
    ...describeSystem(inventory, output),
    ...describeFirmwares(inventory, output),
    ...describeEntries(inventory, chosen, output),
    ...(chosen === undefined ? [] : describeContract(chosen, output)),
    ...describeFindings(chosen?.findings ?? inventory.findings, output),
    ...(refusal === undefined
      ? []
      : ['', `${output.red('nothing boots')}  ${refusal.message}`, `  remedy: ${refusal.remedy}`]),
  ].join('\n')
}

function describeStack(
  image: ImageFacts,
  stack: StackNode,
  { layout }: BootInventory,
  output: Output,
): readonly string[] {
  const { variant } = image
  const type = variant === undefined ? image.type : `${image.type} (${variant})`
  const kind = [type, ...(image.wrapper === 'none' ? [] : [image.wrapper])].join(' in ')
  const uses = usesOf(layout)
  const rows = nodesOf(stack).map((node) => [
    node.address === '' ? output.bold(node.name) : `  ${node.address}`,
    formatBytes(node.sizeBytes),
    node.address === '' ? `${kind}, ${contentOf(node)}` : contentOf(node),
    uses.get(node.address) ?? node.partition?.label ?? '',
  ])
  const warnings = readerWarnings(image, stack).map(({ code, text }) => `  ${output.yellow(code)}  ${text}`)
  const refused = unreadableOf(stack).filter(({ content }) => content.type !== HASH_TREE)
  const refusals = refused.flatMap(({ address, name, content: { refusal } }) => [
    `  ${output.red(refusal.code)}  ${address === '' ? name : address}: ${refusal.message}`,
    `      remedy: ${refusal.remedy}`,
  ])
  return [...table(rows), ...warnings, ...refusals]
}

/** It holds no files: that it cannot be read is no fault. */
const HASH_TREE = 'DM_verity_hash'

/** What each part is for; where it is a subvolume, with its path. */
function usesOf({ esp, boot, root }: BootInventory['layout']): ReadonlyMap<string, string> {
  const hasOwnBoot = boot?.directory === ''
  const pairs: readonly (readonly [Volume | undefined, string])[] = [
    [esp, 'EFI system partition'],
    [hasOwnBoot ? boot.volume : undefined, '/boot'],
    [root, boot?.directory === '/boot' ? '/ and /boot' : '/'],
  ]
  const uses = new Map<string, string>()
  for (const [volume, use] of pairs) {
    if (volume === undefined) continue
    const { address } = volume.node
    const text = volume.subvolume === undefined ? use : `${use} in ${volume.subvolume}`
    const before = uses.get(address)
    uses.set(address, before === undefined ? text : `${before}, ${text}`)
  }
  return uses
}

function contentOf({ content, partition }: StackNode): string {
  switch (content.kind) {
    case 'partition table':
      return `${content.table.scheme.toUpperCase()} with sectors of ${content.table.sectorSizeBytes} bytes`
    case 'file system': {
      const { type, label, freeBytes, clean } = content.fileSystem.facts
      if (type === 'container') return 'container image'
      const more = [
        label === '' ? '' : `“${label}”`,
        `${formatBytes(freeBytes)} free`,
        clean ? '' : 'not clean',
      ]
      return [type, ...more.filter((text) => text !== '')].join(', ')
    }
    case 'physical volume':
      return `LVM2 physical volume${content.volumeGroup === '' ? '' : ` of ${content.volumeGroup}`}`
    case 'mirror member':
      return `member of the mirror ${content.mirror}`
    case 'logical volumes':
      return `volume group, ${formatBytes(content.group.freeBytes)} free`
    case 'swap':
      return 'swap'
    case 'unreadable':
      if (content.type === HASH_TREE) return 'hash tree of dm-verity'
      return `${content.type}, not read: ${content.refusal.code}`
    case 'unknown':
      return partition?.typeName === undefined || partition.typeName === '' ? '—' : partition.typeName
  }
}

function describeContainer(
  { transport, manifestDigest, configDigest, platform, created, layers }: ContainerFacts,
  { container }: BootInventory,
  output: Output,
): readonly string[] {
  const packedBytes = layers.reduce((sum, layer) => sum + layer.packedBytes, 0)
  const how = [
    ...new Set(layers.map(({ compression }) => (compression === 'none' ? 'uncompressed' : compression))),
  ]
  const rows = [
    ['transport', transport],
    ...(manifestDigest === undefined ? [] : [['manifest', manifestDigest]]),
    ['configuration', configDigest],
    ['platform', platformName(platform)],
    ...(created === '' ? [] : [['created', created]]),
    [
      'layers',
      `${layers.length}, ${formatBytes(packedBytes)}${how.length === 0 ? '' : `, ${how.join(' and ')}`}`,
    ],
    ['made for bootc', container?.isBootc === true ? 'yes (containers.bootc=1)' : 'no'],
    ...(container?.rootType === undefined
      ? []
      : [['root wanted', `${container.rootType.type} (${container.rootType.file})`]]),
    ...(container?.composefs === undefined
      ? []
      : [['composefs', `${container.composefs.enabled} (${container.composefs.file})`]]),
  ]
  return ['', output.bold('container'), ...table(rows.map(([what = '', said = '']) => [`  ${what}`, said]))]
}

/** As docs/image.md names them. */
const GRUB_NAMES: Readonly<Record<NonNullable<BootInventory['loader']['grub']>, string>> = {
  upstream: 'upstream’s, up to 2.12',
  'upstream-blsuki': 'upstream’s, 2.14 or later',
  fedora: 'Fedora’s and Red Hat’s',
  suse: 'SUSE’s',
}

function describeSystem(
  { layout, loader, entries, defaultIndex }: BootInventory,
  output: Output,
): readonly string[] {
  const { osRelease, deployments, system } = layout
  const os = osRelease ?? entries[defaultIndex]?.deployment?.osRelease ?? deployments[0]?.osRelease
  const kinds = {
    ostree: ', of ostree',
    composefs: ', of bootc’s composefs back end',
    plain: '',
    container: '',
    none: '',
  }
  const version = os?.imageVersion === undefined || os.imageVersion === '' ? '' : ` ${os.imageVersion}`
  const name = os === undefined ? 'unknown' : `${os.prettyName}${version}`
  return [
    `${output.bold('system')}      ${name}${kinds[system]}`,
    `${output.bold('boot loader')} ${loader.kind} (${loader.reason})`,
    ...(loader.grub === undefined
      ? []
      : [`${output.bold('GRUB')}        ${GRUB_NAMES[loader.grub]} (${loader.grubReason ?? ''})`]),
    ...(layout.boot === undefined
      ? []
      : [`${output.bold('/boot')}       ${layout.boot.volume.address}: ${layout.boot.reason}`]),
    ...deployments.flatMap(({ stateroot, commit, serial, origin, composefs }, index) => [
      `${index === 0 ? output.bold('deployments') : '           '} ${stateroot} ${commit.slice(0, 12)}.${serial}${origin === '' ? '' : ` ${origin}`}`,
      ...(composefs === undefined ? [] : [`            ${composefsLine(composefs)}`]),
    ]),
  ]
}

function composefsLine({ enabled, image, hash, digest, expected }: ComposefsFacts): string {
  const measured = digest === null ? 'not read' : `${hash}:${digest.slice(0, 12)}`
  const said =
    expected === null || digest === null
      ? ''
      : digest === expected.digest
        ? `, as ${expected.by} says`
        : `, and ${expected.by} says ${expected.digest.slice(0, 12)}`
  const use = enabled === 'no' ? ', which is switched off' : ''
  return `composefs ${image}${use}: ${measured}${said}`
}

/** Only where they differ: else it makes no difference. */
function describeFirmwares(inventory: BootInventory, output: Output): readonly string[] {
  const { other } = inventory
  const difference = firmwareDifference(inventory, defaultOf(inventory))
  if (other === undefined || difference === undefined) return []
  const rows = [inventory, other].map(({ firmware, loader }, index) => [
    `${index === 0 ? '*' : ' '} ${nameOf(firmware)}`,
    `${loader.kind}${loader.configuration === '' ? '' : ` (${loader.configuration})`}`,
    difference[index]?.told ?? '',
  ])
  return ['', output.bold('firmwares that boot different things'), ...table(rows)]
}

function describeEntries(
  { entries, defaultIndex }: BootInventory,
  chosen: BootContract | undefined,
  output: Output,
): readonly string[] {
  if (entries.length === 0) return []
  const rows = entries.map(({ id, title, file, deployment, triesLeft }, index) => [
    `${chosen?.entry === id ? '*' : ' '} ${index}`,
    title,
    [
      file,
      ...(index === defaultIndex ? ['default'] : []),
      ...(triesLeft === undefined ? [] : [`${triesLeft} tries left`]),
      ...(deployment === undefined ? [] : [`${deployment.commit.slice(0, 12)}.${deployment.serial}`]),
    ].join(', '),
  ])
  return ['', output.bold('boot entries, in the order of the menu'), ...table(rows)]
}

function describeContract(
  { kernel, initrds, devicetree, arguments: all, init }: BootContract,
  output: Output,
): readonly string[] {
  const files: readonly (readonly [string, BootFile])[] = [
    ['kernel', kernel],
    ...initrds.map((file) => ['initrd', file] as const),
    ...(devicetree === undefined ? [] : [['devicetree', devicetree] as const]),
  ]
  return [
    '',
    output.bold('what boots'),
    ...table(
      files.map(([what, { address, path, section, sizeBytes }]) => [
        `  ${what}`,
        formatBytes(sizeBytes),
        `${address}:${path}${section === undefined ? '' : ` ${section.name}`}`,
      ]),
    ),
    '',
    output.bold('command line'),
    ...all.flatMap(({ text, reason }) => [`  ${text}`, `      ${reason}`]),
    ...(init === '' ? [] : [`  -- ${init}`, '      for init']),
  ]
}

function describeFindings(findings: readonly Finding[], output: Output): readonly string[] {
  if (findings.length === 0) return []
  return [
    '',
    output.bold('findings'),
    ...findings.flatMap(({ severity, code, subject, evidence, remedy }) => [
      `  ${severity === 'refuse' ? output.red(severity) : severity === 'warn' ? output.yellow(severity) : severity}  ${code}  ${subject}: ${evidence}`,
      `      remedy: ${remedy}`,
    ]),
  ]
}

/** Columns as wide as what is in them; colours take no room. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  // eslint-disable-next-line no-control-regex
  const length = (text: string): number => text.replaceAll(/\u001B\[\d+m/g, '').length
  const widths = rows.reduce<readonly number[]>(
    (most, row) => row.map((cell, index) => Math.max(most[index] ?? 0, length(cell))),
    [],
  )
  return rows.map((row) =>
    row
      .map((cell, index) =>
        index === row.length - 1 ? cell : cell + ' '.repeat((widths[index] ?? 0) - length(cell)),
      )
      .join('  ')
      .trimEnd(),
  )
}
