import { MxodusError } from '@mxodus/model';

/** For sessions that only look. */
export const refuseWrite =
  (where: string) =>
  (command: string): never => {
    throw new MxodusError('INVARIANT', {
      what: `${command} was about to be sent to ${where}`,
      why: 'this only looks; it is a bug',
      advice: 'please report it; nothing was sent',
    });
  };
