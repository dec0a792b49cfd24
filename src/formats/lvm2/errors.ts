import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const FETCH_AGAIN = 'the image is damaged: fetch it again and compare its checksum'

export const LVM_ERRORS = {
  LVM_LABEL_MISSING: {
    ...refused,
    message: 'Cannot read "{source}" as an LVM2 physical volume: no label in its first four sectors',
    remedy: 'name a partition or disk of type LVM; `anneal image inspect` says what this one is',
  },
  LVM_LABEL_DAMAGED: {
    ...refused,
    message: 'Cannot read the LVM2 label of "{source}" at byte {offsetBytes}: {reason}',
    remedy: `${FETCH_AGAIN}; \`pvck\` may mend a copy of it`,
  },
  LVM_METADATA_DAMAGED: {
    ...refused,
    message: 'Cannot read the LVM2 metadata of "{source}": no area holds a sound copy ({reason})',
    remedy: `${FETCH_AGAIN}; \`pvck --dump metadata_search\` may find an older copy`,
  },
  LVM_TEXT_INVALID: {
    ...refused,
    message:
      'Cannot read the LVM2 metadata of "{source}": in line {line} {expected} was expected, and there is {found}',
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
      'Cannot choose between two descriptions of the volume group "{group}": "{first}" and "{second}" hold different texts, both numbered {seqno}',
    remedy: 'the physical volumes were changed apart from each other: give those of one disk only',
  },
  LVM_PV_DUPLICATE: {
    ...refused,
    message: 'Cannot tell "{first}" from "{second}": both are the LVM2 physical volume {uuid}',
    remedy: 'one is a copy of the other: give one of them',
  },
  LVM_EXTENTS_SHARED: {
    ...refused,
    message:
      'Cannot use the volume group "{group}": the logical volumes "{first}" and "{second}" both have byte {offsetBytes} of physical volume {pv}',
    remedy: FETCH_AGAIN,
  },
  LVM_TYPE_UNSUPPORTED: {
    ...refused,
    message: 'Cannot read the logical volume "{volume}": it is of type {type}',
    remedy:
      'linear and striped volumes are read; copy what is needed out of this one on a running system (`lvs -o +segtype` shows the types)',
  },
  LVM_PV_MISSING: {
    ...refused,
    message:
      'Cannot read the logical volume "{volume}": part of it is on physical volume {pv} ({device}), which is not there',
    remedy:
      'give the other disks of the volume group as well; a volume that is all on one disk can be read from it alone',
  },
  LVM_PV_MARKED_MISSING: {
    ...refused,
    message:
      'Cannot read the logical volume "{volume}": physical volume {pv} ({device}) was away while the group went on, and may be stale',
    remedy:
      'bring the group into order with `vgextend --restoremissing` or `vgreduce --removemissing` on a copy',
  },
  LVM_VOLUME_OUT_OF_RANGE: {
    ...refused,
    message:
      'Cannot read the logical volume "{volume}": it has bytes {offsetBytes} to {endBytes} of physical volume "{source}", which ends at {sizeBytes}',
    remedy: 'the image is cut short or damaged: fetch it again and compare its checksum',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(LVM_ERRORS)
