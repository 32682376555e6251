/** MAPI properties by the ids Graph gives them (singleValueLegacyExtendedProperty), and ours. */

/** PidTagMessageFlags. Without bit 8 in the create a message is no draft; it works at creation only. */
export const MESSAGE_FLAGS = 'Integer 0x0E07';
/** PidTagMessageDeliveryTime: the date of arrival. */
export const DELIVERY_TIME = 'SystemTime 0x0E06';
/** PidTagClientSubmitTime: the Date header. */
export const SUBMIT_TIME = 'SystemTime 0x0039';
/** PidTagTransportMessageHeaders. */
export const TRANSPORT_HEADERS = 'String 0x007D';
/** PidTagInReplyToId. */
export const IN_REPLY_TO = 'String 0x1042';
/** PidTagInternetReferences. */
export const REFERENCES = 'String 0x1039';
/** PidTagLastVerbExecuted: 102 replied, 103 to all, 104 forwarded. */
export const LAST_VERB = 'Integer 0x1081';
/** PidTagIconIndex: 261 replied, 262 forwarded. */
export const ICON_INDEX = 'Integer 0x1080';
/** PidTagLastVerbExecutionTime. */
export const LAST_VERB_TIME = 'SystemTime 0x1082';

/**
 * The key of the source message, in the create itself. One GUID and one name for ever: a mailbox has a finite number of named
 * properties. The name is case-sensitive, the value is not (hence lower-case hex).
 */
export const MIGRATION_KEY = 'String {5e7fd0a2-6f4b-4c65-9d0e-3c1c7b6a2f58} Name MxodusKey';
