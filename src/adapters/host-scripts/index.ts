export { readScript, scriptsIn } from './scripts-in.ts'
