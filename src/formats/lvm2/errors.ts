import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const FETCH_AGAIN = 'the image is damaged: download it again and compare its checksum'

export const LVM_ERRORS = {
  LVM_LABEL_MISSING: {
    ...refused,
    message: 'Cannot read "{source}" as an LVM2 physical volume: no label in its first four sectors',
    remedy: 'name a partition or disk of type LVM; `anneal image inspect` shows what this one is',
  },
  LVM_LABEL_DAMAGED: {
    ...refused,
    message: 'Cannot read the LVM2 label of "{source}" at byte {offsetBytes}: {reason}',
    remedy: `${FETCH_AGAIN}; \`pvck\` may repair a copy`,
  },
  LVM_METADATA_DAMAGED: {
    ...refused,
    message: 'Cannot read the LVM2 metadata of "{source}": no area has a valid copy ({reason})',
    remedy: `${FETCH_AGAIN}; \`pvck --dump metadata_search\` may find an older copy`,
  },
  LVM_TEXT_INVALID: {
    ...refused,
    message: 'Cannot read the LVM2 metadata of "{source}": line {line} has {found}, expected {expected}',
    remedy: FETCH_AGAIN,
  },
  LVM_GROUP_INVALID: {
    ...refused,
    message: 'Cannot use the volume group "{group}": {where} {problem}',
    remedy: `${FETCH_AGAIN}; \`vgck\` says more about it`,
  },
  LVM_METADATA_CONFLICT: {
    ...refused,
    message:
      'Cannot choose between two versions of the volume group "{group}": "{first}" and "{second}" differ, and both have sequence number {seqno}',
    remedy: 'the physical volumes were changed separately: give those of one disk only',
  },
  LVM_PV_DUPLICATE: {
    ...refused,
    message: 'Cannot tell "{first}" from "{second}": both are the LVM2 physical volume {uuid}',
    remedy: 'one is a copy of the other: give only one',
  },
  LVM_EXTENTS_SHARED: {
    ...refused,
    message:
      'Cannot use the volume group "{group}": the logical volumes "{first}" and "{second}" both use byte {offsetBytes} of physical volume {pv}',
    remedy: FETCH_AGAIN,
  },
  LVM_TYPE_UNSUPPORTED: {
    ...refused,
    message: 'Cannot read the logical volume "{volume}": its type {type} is not supported',
    remedy:
      'use a linear, striped, raid1, mirror or thin volume (`lvs -o +segtype` shows the types); copy the data to one on a running system',
  },
  LVM_COPIES_UNUSABLE: {
    ...refused,
    message:
      'Cannot read the logical volume "{volume}": none of its {count} copies can be relied on ({reasons})',
    remedy:
      'give all disks of the volume group in one image, or activate it on a running system until `lvs -o +copy_percent` says 100',
  },
  LVM_THIN_DAMAGED: {
    ...refused,
    message: 'Cannot read the thin volume "{volume}": the metadata of its pool "{pool}" {reason}',
    remedy: `${FETCH_AGAIN}; \`thin_check\` says more about them, \`lvconvert --repair\` repairs a copy`,
  },
  LVM_PV_MISSING: {
    ...refused,
    message:
      'Cannot read the logical volume "{volume}": part of it is on physical volume {pv} ({device}), which is missing',
    remedy:
      'give all disks of the volume group; one disk is enough only for volumes that lie on it completely',
  },
  LVM_PV_MARKED_MISSING: {
    ...refused,
    message:
      'Cannot read the logical volume "{volume}": physical volume {pv} ({device}) missed changes to the group and may be out of date',
    remedy: 'repair a copy of the group with `vgextend --restoremissing` or `vgreduce --removemissing`',
  },
  LVM_VOLUME_OUT_OF_RANGE: {
    ...refused,
    message:
      'Cannot read the logical volume "{volume}": it uses bytes {offsetBytes} to {endBytes} of physical volume "{source}", which ends at {sizeBytes}',
    remedy: 'the image is truncated or damaged: download it again and compare its checksum',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(LVM_ERRORS)
