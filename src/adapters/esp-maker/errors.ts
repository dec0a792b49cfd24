import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const ESP_MAKER_ERRORS = {
  ESP_NEEDS_PROGRAM: {
    message: 'Cannot make an EFI system partition: {program} is not installed',
    remedy: 'install the packages dosfstools and mtools; or leave --whole-disk out',
    retry: false,
    exit: EXIT.refused,
  },
  ESP_FAILED: {
    message: 'Cannot make an EFI system partition: {program} says: {why}',
    remedy: 'free space on the disk, then run it again; no result has its final name yet',
    retry: true,
    exit: EXIT.failed,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(ESP_MAKER_ERRORS)
