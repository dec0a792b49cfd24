import type { GrubState } from './state.ts'
import { BAD_ARGUMENT, DONE } from './state.ts'
import type { ModuleFiles } from './modules.ts'

/** `insmod NAME`, `insmod FILE`. It succeeds where there is no such module, too (grub_core_cmd_insmod in grub-core/kern/corecmd.c). */
export async function insmod(state: GrubState, [word]: readonly string[]): Promise<number> {
  if (word === undefined) return BAD_ARGUMENT
  await state.modules?.load(word, directoryOf(state), filesOf(state))
  return DONE
}

/** What `normal` does when it starts and whenever `$prefix` changes: it looks which modules of file systems there are. */
export async function lookForModules(state: GrubState): Promise<void> {
  if (state.setting.isBeforeNormal !== true) await state.modules?.lookInto(directoryOf(state), filesOf(state))
}

function directoryOf(state: GrubState): string {
  const { cpu, platform } = state.setting
  return `${state.value('prefix')}/${cpu}-${platform}`
}

function filesOf(state: GrubState): ModuleFiles {
  const at = (path: string) => state.fileOf(path, { kind: 'made' })
  return {
    isFile: async (path) => {
      const file = at(path)
      return file !== undefined && state.files.isFile(file.volume, file.path)
    },
    names: async (path) => {
      const file = at(path)
      return file === undefined ? [] : state.files.names(file.volume, file.path)
    },
    text: async (path) => (await state.read(path))?.text,
  }
}
