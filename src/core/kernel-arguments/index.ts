export { KERNEL_ARGUMENT_ERRORS } from './errors.ts'
export { KERNEL_ARGUMENT_FINDINGS } from './findings.ts'
export {
  formatKernelCommandLine,
  isSameKey,
  kernelArgument,
  parseKernelArgument,
  parseKernelCommandLine,
} from './parse.ts'
export type { KernelArgument, KernelCommandLine } from './parse.ts'
export { editKernelArguments, hasKernelArgument } from './edit.ts'
export type { EditedKernelArguments, KernelArgumentEdits } from './edit.ts'
export { lintForIronic } from './lint.ts'
