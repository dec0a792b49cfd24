import type { StateTable } from '../saga/index.ts'
import type { TaskEffect } from './task.ts'

/** The states of one task of the conductor on one machine. What is kept is the journal of its effects. */
export type TaskState =
  | 'opening'
  | 'contacting'
  | 'netbooting'
  | 'reporting'
  | 'writing'
  | 'wiping'
  | 'switching'
  | 'booting'
  | 'poweringOff'
  | 'releasing'
  | 'cleaningUp'
  | 'done'
  | 'failed'
  | 'calledOff'

const MINUTE_MS = 60_000
/** Tries and patience of what asks a BMC: these restart, and answer late. */
const BMC = { retries: 5, deadlineMs: 3 * MINUTE_MS } as const

export const TASK_STATES = {
  opening: {
    stable: false,
    meaning: 'the image is opened and read as far as it takes to know that it can be deployed',
    target: 'contacting',
    onFailure: 'failed',
    onCancel: 'calledOff',
    afterCrash: { resumeIn: 'opening' },
    retries: 1,
    // A compressed image is unpacked first; what opens it ends by itself when nothing comes any more.
    deadlineMs: 60 * MINUTE_MS,
  },
  contacting: {
    stable: false,
    meaning: 'the machine’s BMC is asked whether the machine is on',
    target: 'netbooting',
    onFailure: 'failed',
    onCancel: 'calledOff',
    afterCrash: { resumeIn: 'contacting' },
    ...BMC,
  },
  netbooting: {
    stable: false,
    meaning:
      'the machine is set to boot the deploy ramdisk over the network, with a new token, and is restarted',
    target: 'reporting',
    onFailure: 'cleaningUp',
    onCancel: 'cleaningUp',
    afterCrash: { resumeIn: 'netbooting' },
    ...BMC,
  },
  reporting: {
    stable: false,
    meaning: 'the deploy ramdisk boots; it has to report what the machine is made of',
    target: 'writing',
    onFailure: 'cleaningUp',
    onCancel: 'cleaningUp',
    // Firmware that found no server meanwhile has given up and says no more. Nothing is written yet: the machine starts again.
    afterCrash: { resumeIn: 'netbooting' },
    retries: 0,
    deadlineMs: 20 * MINUTE_MS,
  },
  writing: {
    stable: false,
    meaning: 'the ramdisk fetches what is in use of the image, checks it and writes it to the disk',
    target: 'switching',
    onFailure: 'cleaningUp',
    onCancel: 'cleaningUp',
    // The ramdisk asks again for ten minutes, and the same pieces are made of the same image.
    afterCrash: { resumeIn: 'writing' },
    retries: 0,
    deadlineMs: 10 * MINUTE_MS,
  },
  wiping: {
    stable: false,
    meaning: 'the ramdisk makes the disks unreadable, in the best way that each of them offers',
    target: 'poweringOff',
    onFailure: 'cleaningUp',
    onCancel: 'cleaningUp',
    afterCrash: { resumeIn: 'wiping' },
    retries: 0,
    deadlineMs: 20 * MINUTE_MS,
  },
  switching: {
    stable: false,
    meaning:
      'from here the machine boots what was deployed: from its disk, or kernel and ramdisk over the network',
    target: 'booting',
    onFailure: 'cleaningUp',
    onCancel: 'cleaningUp',
    afterCrash: { resumeIn: 'switching' },
    ...BMC,
  },
  booting: {
    stable: false,
    meaning: 'the machine is started',
    target: 'done',
    onFailure: 'cleaningUp',
    onCancel: 'finish',
    afterCrash: { resumeIn: 'booting' },
    ...BMC,
  },
  poweringOff: {
    stable: false,
    meaning: 'the machine is switched off, and boots nothing over the network any more',
    target: 'done',
    onFailure: 'failed',
    onCancel: 'finish',
    afterCrash: { resumeIn: 'poweringOff' },
    ...BMC,
  },
  releasing: {
    stable: false,
    meaning: 'the machine is switched off; config drive, tokens and what it booted are removed',
    target: 'netbooting',
    onFailure: 'failed',
    onCancel: 'finish',
    afterCrash: { resumeIn: 'releasing' },
    ...BMC,
  },
  cleaningUp: {
    stable: false,
    meaning:
      'something failed or was cancelled: the machine is switched off, so that nothing half-written boots',
    target: 'failed',
    onFailure: 'failed',
    onCancel: 'finish',
    afterCrash: { resumeIn: 'cleaningUp' },
    retries: 5,
    deadlineMs: 3 * MINUTE_MS,
  },
  done: { stable: true, meaning: 'the machine is where the task was to bring it' },
  failed: { stable: true, meaning: 'the task gave up; the machine’s last error says why' },
  calledOff: { stable: true, meaning: 'the task was cancelled before anything was touched' },
} as const satisfies StateTable<TaskState, TaskEffect['kind']>
