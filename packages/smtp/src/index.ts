export { createMtaStsFetcher } from './mta-sts.ts';
export { createSmtpClient, type SmtpClientOptions } from './smtp-client.ts';
