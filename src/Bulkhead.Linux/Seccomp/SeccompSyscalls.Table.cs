// Written by eng/generate-syscall-table.py from the kernel's headers; do not edit.
using System;

namespace Bulkhead.Linux.Seccomp;

public static partial class SeccompSyscalls
{
    /// <summary>How many names the table has.</summary>
    internal const int Count = 474;

    /// <summary>Above every number of every table, without x32's bit.</summary>
    internal const int NumberLimit = 548;

    /// <summary>All names in byte order, end to end.</summary>
    private static ReadOnlySpan<byte> Names =>
        "_llseek_newselect_sysctlacceptaccept4accessacctadd_keyadjtimexafs_syscallalarmarch_prctlbdflushbindbpfbreakbrk"u8 +
        "cachestatcapgetcapsetchdirchmodchownchown32chrootclock_adjtimeclock_adjtime64clock_getresclock_getres_time64cl"u8 +
        "ock_gettimeclock_gettime64clock_nanosleepclock_nanosleep_time64clock_settimeclock_settime64cloneclone3closeclo"u8 +
        "se_rangeconnectcopy_file_rangecreatcreate_moduledelete_moduledupdup2dup3epoll_createepoll_create1epoll_ctlepol"u8 +
        "l_ctl_oldepoll_pwaitepoll_pwait2epoll_waitepoll_wait_oldeventfdeventfd2execveexecveatexitexit_groupfaccessatfa"u8 +
        "ccessat2fadvise64fadvise64_64fallocatefanotify_initfanotify_markfchdirfchmodfchmodatfchmodat2fchownfchown32fch"u8 +
        "ownatfcntlfcntl64fdatasyncfgetxattrfile_getattrfile_setattrfinit_moduleflistxattrflockforkfremovexattrfsconfig"u8 +
        "fsetxattrfsmountfsopenfspickfstatfstat64fstatat64fstatfsfstatfs64fsyncftimeftruncateftruncate64futexfutex_requ"u8 +
        "euefutex_time64futex_waitfutex_waitvfutex_wakefutimesatget_kernel_symsget_mempolicyget_robust_listget_thread_a"u8 +
        "reagetcpugetcwdgetdentsgetdents64getegidgetegid32geteuidgeteuid32getgidgetgid32getgroupsgetgroups32getitimerge"u8 +
        "tpeernamegetpgidgetpgrpgetpidgetpmsggetppidgetprioritygetrandomgetresgidgetresgid32getresuidgetresuid32getrlim"u8 +
        "itgetrusagegetsidgetsocknamegetsockoptgettidgettimeofdaygetuidgetuid32getxattrgetxattratgttyidleinit_moduleino"u8 +
        "tify_add_watchinotify_initinotify_init1inotify_rm_watchio_cancelio_destroyio_geteventsio_pgeteventsio_pgeteven"u8 +
        "ts_time64io_setupio_submitio_uring_enterio_uring_registerio_uring_setupioctliopermioplioprio_getioprio_setipck"u8 +
        "cmpkexec_file_loadkexec_loadkeyctlkilllandlock_add_rulelandlock_create_rulesetlandlock_restrict_selflchownlcho"u8 +
        "wn32lgetxattrlinklinkatlistenlistmountlistnslistxattrlistxattratllistxattrlocklookup_dcookielremovexattrlseekl"u8 +
        "setxattrlsm_get_self_attrlsm_list_moduleslsm_set_self_attrlstatlstat64madvisemap_shadow_stackmbindmembarrierme"u8 +
        "mfd_creatememfd_secretmigrate_pagesmincoremkdirmkdiratmknodmknodatmlockmlock2mlockallmmapmmap2modify_ldtmountm"u8 +
        "ount_setattrmove_mountmove_pagesmprotectmpxmq_getsetattrmq_notifymq_openmq_timedreceivemq_timedreceive_time64m"u8 +
        "q_timedsendmq_timedsend_time64mq_unlinkmremapmsealmsgctlmsggetmsgrcvmsgsndmsyncmunlockmunlockallmunmapname_to_"u8 +
        "handle_atnanosleepnewfstatatnfsservctlniceoldfstatoldlstatoldoldunameoldstatoldunameopenopen_by_handle_atopen_"u8 +
        "treeopen_tree_attropenatopenat2pauseperf_event_openpersonalitypidfd_getfdpidfd_openpidfd_send_signalpipepipe2p"u8 +
        "ivot_rootpkey_allocpkey_freepkey_mprotectpollppollppoll_time64prctlpread64preadvpreadv2prlimit64process_madvis"u8 +
        "eprocess_mreleaseprocess_vm_readvprocess_vm_writevprofprofilpselect6pselect6_time64ptraceputpmsgpwrite64pwrite"u8 +
        "vpwritev2query_modulequotactlquotactl_fdreadreadaheadreaddirreadlinkreadlinkatreadvrebootrecvrecvfromrecvmmsgr"u8 +
        "ecvmmsg_time64recvmsgremap_file_pagesremovexattrremovexattratrenamerenameatrenameat2request_keyrestart_syscall"u8 +
        "rmdirrseqrseq_slice_yieldrt_sigactionrt_sigpendingrt_sigprocmaskrt_sigqueueinfort_sigreturnrt_sigsuspendrt_sig"u8 +
        "timedwaitrt_sigtimedwait_time64rt_tgsigqueueinfosched_get_priority_maxsched_get_priority_minsched_getaffinitys"u8 +
        "ched_getattrsched_getparamsched_getschedulersched_rr_get_intervalsched_rr_get_interval_time64sched_setaffinity"u8 +
        "sched_setattrsched_setparamsched_setschedulersched_yieldseccompsecurityselectsemctlsemgetsemopsemtimedopsemtim"u8 +
        "edop_time64sendsendfilesendfile64sendmmsgsendmsgsendtoset_mempolicyset_mempolicy_home_nodeset_robust_listset_t"u8 +
        "hread_areaset_tid_addresssetdomainnamesetfsgidsetfsgid32setfsuidsetfsuid32setgidsetgid32setgroupssetgroups32se"u8 +
        "thostnamesetitimersetnssetpgidsetprioritysetregidsetregid32setresgidsetresgid32setresuidsetresuid32setreuidset"u8 +
        "reuid32setrlimitsetsidsetsockoptsettimeofdaysetuidsetuid32setxattrsetxattratsgetmaskshmatshmctlshmdtshmgetshut"u8 +
        "downsigactionsigaltstacksignalsignalfdsignalfd4sigpendingsigprocmasksigreturnsigsuspendsocketsocketcallsocketp"u8 +
        "airsplicessetmaskstatstat64statfsstatfs64statmountstatxstimesttyswapoffswaponsymlinksymlinkatsyncsync_file_ran"u8 +
        "gesyncfssysfssysinfosyslogteetgkilltimetimer_createtimer_deletetimer_getoverruntimer_gettimetimer_gettime64tim"u8 +
        "er_settimetimer_settime64timerfd_createtimerfd_gettimetimerfd_gettime64timerfd_settimetimerfd_settime64timestk"u8 +
        "illtruncatetruncate64tuxcallugetrlimitulimitumaskumountumount2unameunlinkunlinkatunshareuprobeuretprobeuselibu"u8 +
        "serfaultfdustatutimeutimensatutimensat_time64utimesvforkvhangupvm86vm86oldvmsplicevserverwait4waitidwaitpidwri"u8 +
        "tewritev"u8;

    /// <summary>Where name i starts; the next one's start is its end.</summary>
    private static ReadOnlySpan<ushort> Offsets =>
    [
        0, 7, 17, 24, 30, 37, 43, 47, 54, 62, 73, 78, 88, 95, 99, 102, 107, 110, 119, 125, 131, 136, 141, 146, 153, 159, 172,
        187, 199, 218, 231, 246, 261, 283, 296, 311, 316, 322, 327, 338, 345, 360, 365, 378, 391, 394, 398, 402, 414, 427, 436,
        449, 460, 472, 482, 496, 503, 511, 517, 525, 529, 539, 548, 558, 567, 579, 588, 601, 614, 620, 626, 634, 643, 649, 657,
        665, 670, 677, 686, 695, 707, 719, 731, 741, 746, 750, 762, 770, 779, 786, 792, 798, 803, 810, 819, 826, 835, 840, 845,
        854, 865, 870, 883, 895, 905, 916, 926, 935, 950, 963, 978, 993, 999, 1005, 1013, 1023, 1030, 1039, 1046, 1055, 1061,
        1069, 1078, 1089, 1098, 1109, 1116, 1123, 1129, 1136, 1143, 1154, 1163, 1172, 1183, 1192, 1203, 1212, 1221, 1227, 1238,
        1248, 1254, 1266, 1272, 1280, 1288, 1298, 1302, 1306, 1317, 1334, 1346, 1359, 1375, 1384, 1394, 1406, 1419, 1439, 1447,
        1456, 1470, 1487, 1501, 1506, 1512, 1516, 1526, 1536, 1539, 1543, 1558, 1568, 1574, 1578, 1595, 1618, 1640, 1646, 1654,
        1663, 1667, 1673, 1679, 1688, 1694, 1703, 1714, 1724, 1728, 1742, 1754, 1759, 1768, 1785, 1801, 1818, 1823, 1830, 1837,
        1853, 1858, 1868, 1880, 1892, 1905, 1912, 1917, 1924, 1929, 1936, 1941, 1947, 1955, 1959, 1964, 1974, 1979, 1992, 2002,
        2012, 2020, 2023, 2036, 2045, 2052, 2067, 2089, 2101, 2120, 2129, 2135, 2140, 2146, 2152, 2158, 2164, 2169, 2176, 2186,
        2192, 2209, 2218, 2228, 2238, 2242, 2250, 2258, 2269, 2276, 2284, 2288, 2305, 2314, 2328, 2334, 2341, 2346, 2361, 2372,
        2383, 2393, 2410, 2414, 2419, 2429, 2439, 2448, 2461, 2465, 2470, 2482, 2487, 2494, 2500, 2507, 2516, 2531, 2547, 2563,
        2580, 2584, 2590, 2598, 2613, 2619, 2626, 2634, 2641, 2649, 2661, 2669, 2680, 2684, 2693, 2700, 2708, 2718, 2723, 2729,
        2733, 2741, 2749, 2764, 2771, 2787, 2798, 2811, 2817, 2825, 2834, 2845, 2860, 2865, 2869, 2885, 2897, 2910, 2924, 2939,
        2951, 2964, 2979, 3001, 3018, 3040, 3062, 3079, 3092, 3106, 3124, 3145, 3173, 3190, 3203, 3217, 3235, 3246, 3253, 3261,
        3267, 3273, 3279, 3284, 3294, 3311, 3315, 3323, 3333, 3341, 3348, 3354, 3367, 3390, 3405, 3420, 3435, 3448, 3456, 3466,
        3474, 3484, 3490, 3498, 3507, 3518, 3529, 3538, 3543, 3550, 3561, 3569, 3579, 3588, 3599, 3608, 3619, 3627, 3637, 3646,
        3652, 3662, 3674, 3680, 3688, 3696, 3706, 3714, 3719, 3725, 3730, 3736, 3744, 3753, 3764, 3770, 3778, 3787, 3797, 3808,
        3817, 3827, 3833, 3843, 3853, 3859, 3867, 3871, 3877, 3883, 3891, 3900, 3905, 3910, 3914, 3921, 3927, 3934, 3943, 3947,
        3962, 3968, 3973, 3980, 3986, 3989, 3995, 3999, 4011, 4023, 4039, 4052, 4067, 4080, 4095, 4109, 4124, 4141, 4156, 4173,
        4178, 4183, 4191, 4201, 4208, 4218, 4224, 4229, 4235, 4242, 4247, 4253, 4261, 4268, 4274, 4283, 4289, 4300, 4305, 4310,
        4319, 4335, 4341, 4346, 4353, 4357, 4364, 4372, 4379, 4384, 4390, 4397, 4402, 4408,
    ];

    /// <summary>Three numbers a name: x86-64, i386, x32 (without its bit); -1 where the architecture has no such call.</summary>
    private static ReadOnlySpan<short> Numbers =>
    [
        -1, 140, -1, -1, 142, -1, 156, 149, -1, 43, -1, 43, 288, 364, 288, 21, 33, 21, 163, 51, 163, 248, 286, 248, 159, 124,
        159, 183, 137, 183, 37, 27, 37, 158, 384, 158, -1, 134, -1, 49, 361, 49, 321, 357, 321, -1, 17, -1, 12, 45, 12, 451,
        451, 451, 125, 184, 125, 126, 185, 126, 80, 12, 80, 90, 15, 90, 92, 182, 92, -1, 212, -1, 161, 61, 161, 305, 343, 305,
        -1, 405, -1, 229, 266, 229, -1, 406, -1, 228, 265, 228, -1, 403, -1, 230, 267, 230, -1, 407, -1, 227, 264, 227, -1,
        404, -1, 56, 120, 56, 435, 435, 435, 3, 6, 3, 436, 436, 436, 42, 362, 42, 326, 377, 326, 85, 8, 85, 174, 127, -1, 176,
        129, 176, 32, 41, 32, 33, 63, 33, 292, 330, 292, 213, 254, 213, 291, 329, 291, 233, 255, 233, 214, -1, -1, 281, 319,
        281, 441, 441, 441, 232, 256, 232, 215, -1, -1, 284, 323, 284, 290, 328, 290, 59, 11, 520, 322, 358, 545, 60, 1, 60,
        231, 252, 231, 269, 307, 269, 439, 439, 439, 221, 250, 221, -1, 272, -1, 285, 324, 285, 300, 338, 300, 301, 339, 301,
        81, 133, 81, 91, 94, 91, 268, 306, 268, 452, 452, 452, 93, 95, 93, -1, 207, -1, 260, 298, 260, 72, 55, 72, -1, 221, -1,
        75, 148, 75, 193, 231, 193, 468, 468, 468, 469, 469, 469, 313, 350, 313, 196, 234, 196, 73, 143, 73, 57, 2, 57, 199,
        237, 199, 431, 431, 431, 190, 228, 190, 432, 432, 432, 430, 430, 430, 433, 433, 433, 5, 108, 5, -1, 197, -1, -1, 300,
        -1, 138, 100, 138, -1, 269, -1, 74, 118, 74, -1, 35, -1, 77, 93, 77, -1, 194, -1, 202, 240, 202, 456, 456, 456, -1,
        422, -1, 455, 455, 455, 449, 449, 449, 454, 454, 454, 261, 299, 261, 177, 130, -1, 239, 275, 239, 274, 312, 531, 211,
        244, -1, 309, 318, 309, 79, 183, 79, 78, 141, 78, 217, 220, 217, 108, 50, 108, -1, 202, -1, 107, 49, 107, -1, 201, -1,
        104, 47, 104, -1, 200, -1, 115, 80, 115, -1, 205, -1, 36, 105, 36, 52, 368, 52, 121, 132, 121, 111, 65, 111, 39, 20,
        39, 181, 188, 181, 110, 64, 110, 140, 96, 140, 318, 355, 318, 120, 171, 120, -1, 211, -1, 118, 165, 118, -1, 209, -1,
        97, 76, 97, 98, 77, 98, 124, 147, 124, 51, 367, 51, 55, 365, 542, 186, 224, 186, 96, 78, 96, 102, 24, 102, -1, 199, -1,
        191, 229, 191, 464, 464, 464, -1, 32, -1, -1, 112, -1, 175, 128, 175, 254, 292, 254, 253, 291, 253, 294, 332, 294, 255,
        293, 255, 210, 249, 210, 207, 246, 207, 208, 247, 208, 333, 385, 333, -1, 416, -1, 206, 245, 543, 209, 248, 544, 426,
        426, 426, 427, 427, 427, 425, 425, 425, 16, 54, 514, 173, 101, 173, 172, 110, 172, 252, 290, 252, 251, 289, 251, -1,
        117, -1, 312, 349, 312, 320, -1, 320, 246, 283, 528, 250, 288, 250, 62, 37, 62, 445, 445, 445, 444, 444, 444, 446, 446,
        446, 94, 16, 94, -1, 198, -1, 192, 230, 192, 86, 9, 86, 265, 303, 265, 50, 363, 50, 458, 458, 458, 470, 470, 470, 194,
        232, 194, 465, 465, 465, 195, 233, 195, -1, 53, -1, 212, 253, 212, 198, 236, 198, 8, 19, 8, 189, 227, 189, 459, 459,
        459, 461, 461, 461, 460, 460, 460, 6, 107, 6, -1, 196, -1, 28, 219, 28, 453, 453, 453, 237, 274, 237, 324, 375, 324,
        319, 356, 319, 447, 447, 447, 256, 294, 256, 27, 218, 27, 83, 39, 83, 258, 296, 258, 133, 14, 133, 259, 297, 259, 149,
        150, 149, 325, 376, 325, 151, 152, 151, 9, 90, 9, -1, 192, -1, 154, 123, 154, 165, 21, 165, 442, 442, 442, 429, 429,
        429, 279, 317, 533, 10, 125, 10, -1, 56, -1, 245, 282, 245, 244, 281, 527, 240, 277, 240, 243, 280, 243, -1, 419, -1,
        242, 279, 242, -1, 418, -1, 241, 278, 241, 25, 163, 25, 462, 462, 462, 71, 402, 71, 68, 399, 68, 70, 401, 70, 69, 400,
        69, 26, 144, 26, 150, 151, 150, 152, 153, 152, 11, 91, 11, 303, 341, 303, 35, 162, 35, 262, -1, 262, 180, 169, -1, -1,
        34, -1, -1, 28, -1, -1, 84, -1, -1, 59, -1, -1, 18, -1, -1, 109, -1, 2, 5, 2, 304, 342, 304, 428, 428, 428, 467, 467,
        467, 257, 295, 257, 437, 437, 437, 34, 29, 34, 298, 336, 298, 135, 136, 135, 438, 438, 438, 434, 434, 434, 424, 424,
        424, 22, 42, 22, 293, 331, 293, 155, 217, 155, 330, 381, 330, 331, 382, 331, 329, 380, 329, 7, 168, 7, 271, 309, 271,
        -1, 414, -1, 157, 172, 157, 17, 180, 17, 295, 333, 534, 327, 378, 546, 302, 340, 302, 440, 440, 440, 448, 448, 448,
        310, 347, 539, 311, 348, 540, -1, 44, -1, -1, 98, -1, 270, 308, 270, -1, 413, -1, 101, 26, 521, 182, 189, 182, 18, 181,
        18, 296, 334, 535, 328, 379, 547, 178, 167, -1, 179, 131, 179, 443, 443, 443, 0, 3, 0, 187, 225, 187, -1, 89, -1, 89,
        85, 89, 267, 305, 267, 19, 145, 515, 169, 88, 169, -1, -1, -1, 45, 371, 517, 299, 337, 537, -1, 417, -1, 47, 372, 519,
        216, 257, 216, 197, 235, 197, 466, 466, 466, 82, 38, 82, 264, 302, 264, 316, 353, 316, 249, 287, 249, 219, 0, 219, 84,
        40, 84, 334, 386, 334, 471, 471, 471, 13, 174, 512, 127, 176, 522, 14, 175, 14, 129, 178, 524, 15, 173, 513, 130, 179,
        130, 128, 177, 523, -1, 421, -1, 297, 335, 536, 146, 159, 146, 147, 160, 147, 204, 242, 204, 315, 352, 315, 143, 155,
        143, 145, 157, 145, 148, 161, 148, -1, 423, -1, 203, 241, 203, 314, 351, 314, 142, 154, 142, 144, 156, 144, 24, 158,
        24, 317, 354, 317, 185, -1, 185, 23, 82, 23, 66, 394, 66, 64, 393, 64, 65, -1, 65, 220, -1, 220, -1, 420, -1, -1, -1,
        -1, 40, 187, 40, -1, 239, -1, 307, 345, 538, 46, 370, 518, 44, 369, 44, 238, 276, 238, 450, 450, 450, 273, 311, 530,
        205, 243, -1, 218, 258, 218, 171, 121, 171, 123, 139, 123, -1, 216, -1, 122, 138, 122, -1, 215, -1, 106, 46, 106, -1,
        214, -1, 116, 81, 116, -1, 206, -1, 170, 74, 170, 38, 104, 38, 308, 346, 308, 109, 57, 109, 141, 97, 141, 114, 71, 114,
        -1, 204, -1, 119, 170, 119, -1, 210, -1, 117, 164, 117, -1, 208, -1, 113, 70, 113, -1, 203, -1, 160, 75, 160, 112, 66,
        112, 54, 366, 541, 164, 79, 164, 105, 23, 105, -1, 213, -1, 188, 226, 188, 463, 463, 463, -1, 68, -1, 30, 397, 30, 31,
        396, 31, 67, 398, 67, 29, 395, 29, 48, 373, 48, -1, 67, -1, 131, 186, 525, -1, 48, -1, 282, 321, 282, 289, 327, 289,
        -1, 73, -1, -1, 126, -1, -1, 119, -1, -1, 72, -1, 41, 359, 41, -1, 102, -1, 53, 360, 53, 275, 313, 275, -1, 69, -1, 4,
        106, 4, -1, 195, -1, 137, 99, 137, -1, 268, -1, 457, 457, 457, 332, 383, 332, -1, 25, -1, -1, 31, -1, 168, 115, 168,
        167, 87, 167, 88, 83, 88, 266, 304, 266, 162, 36, 162, 277, 314, 277, 306, 344, 306, 139, 135, 139, 99, 116, 99, 103,
        103, 103, 276, 315, 276, 234, 270, 234, 201, 13, 201, 222, 259, 526, 226, 263, 226, 225, 262, 225, 224, 261, 224, -1,
        408, -1, 223, 260, 223, -1, 409, -1, 283, 322, 283, 287, 326, 287, -1, 410, -1, 286, 325, 286, -1, 411, -1, 100, 43,
        100, 200, 238, 200, 76, 92, 76, -1, 193, -1, 184, -1, 184, -1, 191, -1, -1, 58, -1, 95, 60, 95, -1, 22, -1, 166, 52,
        166, 63, 122, 63, 87, 10, 87, 263, 301, 263, 272, 310, 272, 336, -1, 336, 335, -1, 335, 134, 86, -1, 323, 374, 323,
        136, 62, 136, 132, 30, 132, 280, 320, 280, -1, 412, -1, 235, 271, 235, 58, 190, 58, 153, 111, 153, -1, 166, -1, -1,
        113, -1, 278, 316, 532, 236, 273, -1, 61, 114, 61, 247, 284, 529, -1, 7, -1, 1, 4, 1, 20, 146, 516,
    ];

    /// <summary>i386: the call of socketcall(2), or with 0x80 of ipc(2), that does the same; 0 for none.</summary>
    private static ReadOnlySpan<byte> Multiplexed =>
    [
        0, 0, 0, 5, 18, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 142, 141, 140,
        139, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 12, 19, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 131, 130, 129, 132, 0, 9, 0, 0, 20,
        16, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 14, 0, 0, 0, 0, 0, 0,
        149, 152, 150, 151, 13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
}
