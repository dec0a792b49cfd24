import { existsSync } from 'node:fs'
import type { DifferentialTarget } from '../target.ts'
import { compareOci } from './compare.ts'

/** Container images of generated layers, against the trees that umoci makes of them. Needs root: owners and devices. */
export const oci: DifferentialTarget = {
  name: 'oci',
  lacks: () => {
    if (process.getuid?.() !== 0) return 'only root may make devices'
    const missing = ['umoci', 'getfattr', 'setfattr'].find((program) => !existsSync(`/usr/bin/${program}`))
    return missing === undefined ? undefined : `${missing} is not installed`
  },
  compare: compareOci,
}
