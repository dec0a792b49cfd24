import type { ContainerFacts, OpenedImage } from '../app/image/index.ts'
import type {
  ImageBootEntry,
  ImageContainer,
  ImageDocument,
  ImageFirmware,
  StackContent,
  StackPart,
} from '../contract/index.ts'
import { platformName } from '../formats/oci/index.ts'
import { defaultOf, firmwareDifference } from '../image/boot/index.ts'
import type { BootContract, BootEntry, BootInventory } from '../image/boot/index.ts'
import { sectorSizeOf } from '../image/stack/index.ts'
import type { StackNode } from '../image/stack/index.ts'

/** What `anneal image inspect --json` prints: schema `anneal.image/1`. Sizes are in bytes. */
export function imageReport(
  { image, stack, container }: OpenedImage,
  inventory: BootInventory,
  contract: BootContract | Readonly<{ code: string; message: string; remedy: string }>,
): ImageDocument {
  const { layout, loader, entries, defaultIndex, findings } = inventory
  const { root, boot, esp, system, osRelease, deployments } = layout
  return {
    schema: 'anneal.image/1',
    image: {
      name: stack.name,
      type: image.type,
      ...(image.variant === undefined ? {} : { variant: image.variant }),
      wrapper: image.wrapper,
      imageBytes: image.imageBytes,
      diskBytes: stack.sizeBytes,
      sectorSizeBytes: sectorSizeOf(stack) ?? image.sectorSizeBytes ?? null,
      warnings: image.warnings,
    },
    ...(container && { container: containerReport(container, inventory) }),
    stack: nodeReport(stack),
    layout: {
      system,
      root: root === undefined ? null : { address: root.address, reason: layout.rootReason },
      boot:
        boot === undefined
          ? null
          : { address: boot.volume.address, directory: boot.directory, reason: boot.reason },
      esp: esp?.address ?? null,
    },
    osRelease: osRelease ?? entries[defaultIndex]?.deployment?.osRelease ?? deployments[0]?.osRelease ?? null,
    deployments,
    loader,
    firmware: firmwareReport(inventory),
    entries: entries.map((entry, index) => entryReport(entry, index === defaultIndex)),
    contract: 'code' in contract ? null : contract,
    refusal: 'code' in contract ? contract : null,
    findings: 'code' in contract ? findings : contract.findings,
  }
}

function containerReport(
  { transport, manifestDigest, configDigest, platform, created, labels, layers }: ContainerFacts,
  { container }: BootInventory,
): ImageContainer {
  return {
    transport,
    manifestDigest: manifestDigest ?? null,
    configDigest,
    platform: platformName(platform),
    created,
    labels,
    layers: layers.map(({ digest, ...layer }) => ({ digest: digest ?? null, ...layer })),
    isBootc: container?.isBootc ?? false,
    rootType: container?.rootType ?? null,
    composefs: container?.composefs ?? null,
  }
}

/** Whose answer the rest is, and what the other firmware boots. */
function firmwareReport(inventory: BootInventory): ImageFirmware {
  const { firmware, choice, other } = inventory
  const entry = other && defaultOf(other)
  return {
    answer: firmware,
    asked: choice === 'asked',
    differ: firmwareDifference(inventory, defaultOf(inventory)) !== undefined,
    other:
      other === undefined
        ? null
        : {
            firmware: other.firmware,
            loader: other.loader,
            default: entry === undefined ? null : entryReport(entry, true),
            entries: other.entries.map(({ id, title, file }) => ({ id, title, file })),
          },
  }
}

function entryReport({ deployment, ...entry }: BootEntry, isDefault: boolean): ImageBootEntry {
  return { ...entry, isDefault, deployment: deployment?.path ?? null }
}

function nodeReport(node: StackNode): StackPart {
  const { address, role, name, sizeBytes, partition, content, children, warnings } = node
  return {
    address,
    role,
    name,
    sizeBytes,
    ...(partition && {
      partition: {
        number: partition.number,
        offsetBytes: partition.offsetBytes,
        type: partition.type,
        typeName: partition.typeName,
        label: partition.label,
        partUuid: partition.partUuid,
        bootable: partition.bootable,
      },
    }),
    content: contentReport(content),
    warnings,
    children: children.map(nodeReport),
  }
}

function contentReport(content: StackNode['content']): StackContent {
  switch (content.kind) {
    case 'file system': {
      const { facts, subvolumes } = content.fileSystem
      const listed = subvolumes?.map(({ id, path, isDefault, isReadOnly }) => ({
        id,
        path,
        isDefault,
        isReadOnly,
      }))
      return { kind: content.kind, ...facts, ...(listed && { subvolumes: listed }) }
    }
    case 'partition table': {
      const { scheme, id, sectorSizeBytes } = content.table
      return { kind: content.kind, scheme, id, sectorSizeBytes }
    }
    case 'logical volumes':
      return { kind: content.kind, ...content.group }
    case 'physical volume':
    case 'mirror member':
    case 'swap':
    case 'unreadable':
    case 'unknown':
      return content
  }
}
